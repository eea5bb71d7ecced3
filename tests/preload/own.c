/* own.c: a program that has a sigaction, an mmap and a munmap of its own, seen by every library, as runtimes do that
 * watch what they load. They are called, and end in libc's other name and in the kernel by number, not in themselves;
 * also with a small budget, when everything that was not used for a while leaves memory. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

#define EXPORT __attribute__((visibility("default")))
#define SIZE ((size_t)12 << 20)

int __sigaction(int signal, const struct sigaction *action, struct sigaction *old);

static __thread unsigned depth;
static _Atomic unsigned own_calls, nested, actions;
static volatile sig_atomic_t handled;

static void enter(void)
{
    own_calls++;
    nested += depth++ != 0;
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    enter();
    actions++;
    int result = __sigaction(signal, action, old);
    depth--;
    return result;
}

EXPORT void *mmap(void *address, size_t size, int access, int flags, int file, off_t offset)
{
    enter();
    void *result = (void *)syscall(SYS_mmap, address, size, access, flags, file, offset);
    depth--;
    return result;
}

EXPORT int munmap(void *address, size_t size)
{
    enter();
    int result = (int)syscall(SYS_munmap, address, size);
    depth--;
    return result;
}

static void on_signal(int signal)
{
    handled += signal == SIGUSR1;
}

static void fill(uint32_t *words, uint32_t version)
{
    for (size_t i = 0; i < SIZE / sizeof(*words); i++)
        words[i] = (uint32_t)i * 2654435761u + version;
}

static size_t wrong(const uint32_t *words, uint32_t version)
{
    size_t count = 0;
    for (size_t i = 0; i < SIZE / sizeof(*words); i++)
        count += words[i] != (uint32_t)i * 2654435761u + version;
    return count;
}

static void mappings(void)
{
    unsigned before = own_calls;
    uint32_t *words = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(words != MAP_FAILED);
    fill(words, 1);
    CHECK_EQ(wrong(words, 1), 0);
    char *hole = (char *)words + SIZE / 2;
    CHECK_EQ(munmap(hole, 8192), 0);
    CHECK(mmap(hole, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == hole);
    CHECK(hole[0] == 0 && hole[8191] == 0);
    fill(words, 2);
    CHECK_EQ(wrong(words, 2), 0);
    CHECK_EQ(munmap(words, SIZE), 0);
    CHECK_EQ(own_calls - before, 4);
}

static void *signals(void *unused)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    unsigned before = actions;
    int had = handled;
    CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    CHECK_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
    CHECK_EQ(handled, had + 1);
    CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
    CHECK(old.sa_handler == on_signal);
    CHECK(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
    CHECK_EQ(actions - before, 3);
    return unused;
}

int main(void)
{
    pthread_t id;
    void *blocks[64];
    signals(NULL);
    mappings();
    for (int i = 0; i < 64; i++) {
        blocks[i] = malloc((size_t)200 << 10);
        REQUIRE(blocks[i]);
        memset(blocks[i], i, (size_t)200 << 10);
    }
    REQUIRE(pthread_create(&id, NULL, signals, NULL) == 0);
    pthread_join(id, NULL);
    for (int i = 0; i < 64; i++) {
        CHECK_EQ(((unsigned char *)blocks[i])[123456], i);
        free(blocks[i]);
    }
    mappings();
    signals(NULL);
    CHECK_EQ(nested, 0);
    return CHECK_DONE();
}
