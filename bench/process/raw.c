/* raw.c: the Linux sides: shm_open, process_vm_readv, bare futexes in a shared page, pthread's locks. */
#include "raw.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NAME "/winmem-bench-raw"

struct line {
    _Alignas(64) _Atomic uint32_t ping;
    _Alignas(64) _Atomic uint32_t pong;
};

static struct line *line;
static int child;
static void *child_block;
static char buffer[64 * 1024];

static void *map(int file, size_t size)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || base == MAP_FAILED) {
        perror("raw side");
        exit(1);
    }
    return base;
}

int raw_start(void)
{
    int file = shm_open(NAME, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, 65536) != 0)
        return 0;
    line = map(file, 65536);
    atomic_store(&line->ping, 0);
    atomic_store(&line->pong, 0);
    close(file);
    return 1;
}

void raw_end(void)
{
    shm_unlink(NAME);
}

void raw_set_child(int pid, void *block)
{
    child = pid;
    child_block = block;
}

/* The bare futex as a programmer uses it for an auto-reset event: a word, a wait while it is 0, a wake after the store.
 */
static void await(_Atomic uint32_t *word)
{
    uint32_t one = 1;
    while (!atomic_compare_exchange_strong(word, &one, 0)) {
        one = 1;
        syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
    }
}

static void signal_word(_Atomic uint32_t *word)
{
    atomic_store(word, 1);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void *answer(void *unused)
{
    (void)unused;
    for (;;) {
        await(&line->ping);
        signal_word(&line->pong);
    }
    return NULL;
}

void raw_place(int last)
{
    static cpu_set_t all;
    static bool known;
    cpu_set_t one;
    known = known || sched_getaffinity(0, sizeof(all), &all) == 0;
    CPU_ZERO(&one);
    for (int i = 0, done = 0; i < CPU_SETSIZE && !(done && last == 0); i++) {
        if (!CPU_ISSET(i, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(i, &one);
        done = 1;
    }
    if (known)
        sched_setaffinity(0, sizeof(one), last < 0 ? &all : &one);
}

int raw_answer(void)
{
    pthread_t thread;
    int file = shm_open(NAME, O_RDWR, 0600);
    if (file < 0)
        return 0;
    line = map(file, 65536);
    close(file);
    return pthread_create(&thread, NULL, answer, NULL) == 0;
}

void raw_ping(unsigned count, size_t size)
{
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        signal_word(&line->ping);
        await(&line->pong);
    }
}

void raw_section(unsigned count, size_t size)
{
    for (unsigned i = 0; i < count; i++) {
        int file = shm_open(NAME, O_RDWR, 0600);
        void *base = map(file, size);
        munmap(base, size);
        close(file);
    }
}

void raw_create(unsigned count, size_t size)
{
    for (unsigned i = 0; i < count; i++) {
        int file = shm_open(NAME "-new", O_RDWR | O_CREAT, 0600);
        if (ftruncate(file, (off_t)size) != 0)
            exit(1);
        void *base = map(file, size);
        munmap(base, size);
        close(file);
        shm_unlink(NAME "-new");
    }
}

void raw_read(unsigned count, size_t size)
{
    struct iovec to = {buffer, size}, from = {child_block, size};
    for (unsigned i = 0; i < count; i++)
        if (process_vm_readv(child, &to, 1, &from, 1, 0) != (ssize_t)size)
            exit(1);
}

void raw_mutex(unsigned count, size_t size)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
    }
}

void raw_rwlock(unsigned count, size_t size)
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        pthread_rwlock_rdlock(&lock);
        pthread_rwlock_unlock(&lock);
    }
}

void raw_recursive(unsigned count, size_t size)
{
    static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
    }
}
