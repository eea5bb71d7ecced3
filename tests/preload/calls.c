/* calls.c: a Linux program that knows nothing of winmem: its buffers are paged out while it hands them to the kernel.
 * Run with the preload and a budget of a quarter of its memory; passes without both as well. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define SIZE ((size_t)32 << 20)
#define PAGE 4096u

static uint8_t *memory;

static uint64_t word(size_t i)
{
    uint64_t x = i * 0x9e3779b97f4a7c15u;
    return i % 3 ? x ^ x >> 31 : i;
}

/* Goes over everything, so that any one place is paged out by chance and the rest surely. */
static void churn(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SIZE / 8; i += 512)
        sum += ((volatile uint64_t *)memory)[i];
    CHECK(sum != 1);
}

static unsigned wrong_words(void)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < SIZE / 8; i++)
        wrong += ((volatile uint64_t *)memory)[i] != word(i);
    return wrong;
}

static void files(void)
{
    char name[] = "/tmp/winmem-calls-XXXXXX";
    int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    unlink(name);
    churn();
    for (size_t done = 0; done < SIZE;) {
        ssize_t put = write(fd, memory + done, SIZE - done);
        if (put <= 0)
            fprintf(stderr, "write at %zu: %s\n", done, strerror(errno));
        REQUIRE(put > 0);
        done += (size_t)put;
    }
    memset(memory, 0xee, SIZE);
    for (size_t done = 0; done < SIZE;) {
        ssize_t got = pread(fd, memory + done, SIZE - done < 777777 ? SIZE - done : 777777, (off_t)done);
        if (got <= 0)
            fprintf(stderr, "pread at %zu: %s\n", done, strerror(errno));
        REQUIRE(got > 0);
        done += (size_t)got;
    }
    CHECK_EQ(wrong_words(), 0);
    struct iovec vectors[3] = {{memory + 5 * PAGE, PAGE}, {memory + SIZE / 2, 3 * PAGE}, {memory + SIZE - PAGE, PAGE}};
    churn();
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK_EQ(writev(fd, vectors, 3), 5 * PAGE);
    close(fd);
}

/* To and from a file in one call, however many vectors there are and however much they hold. */
static void vectors(void)
{
    enum { COUNT = 900 };
    static struct iovec parts[COUNT];
    char name[] = "/tmp/winmem-calls-XXXXXX";
    int fd = mkstemp(name);
    size_t size = 0;
    REQUIRE(fd >= 0);
    unlink(name);
    for (unsigned i = 0; i < COUNT; i++) {
        parts[i] = (struct iovec){memory + i * 8 * PAGE, i % 50 ? PAGE + 8 : 30 * PAGE};
        size += parts[i].iov_len;
    }
    churn();
    CHECK_EQ(writev(fd, parts, COUNT), size);
    churn();
    CHECK_EQ(preadv(fd, parts, COUNT, 0), size); /* where vectors meet the last one stays */
    size_t at = 0;
    unsigned wrong = 0;
    for (unsigned i = 0; i < COUNT; at += parts[i++].iov_len) {
        uint64_t here[2];
        CHECK(pread(fd, here, sizeof(here), (off_t)at) == sizeof(here));
        wrong += here[0] != word((size_t)i * 8 * PAGE / 8) || here[1] != word((size_t)i * 8 * PAGE / 8 + 1);
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(wrong_words(), 0);
    close(fd);
}

/* By the way of debuggers, in its own memory. */
static void by_process(void)
{
    for (unsigned i = 0; i < 4; i++) {
        struct iovec to = {memory + SIZE / 2 + i * 64 * PAGE, 30 * PAGE}, from = {memory + i * 128 * PAGE, 30 * PAGE};
        static uint8_t before[30 * PAGE];
        memcpy(before, to.iov_base, sizeof(before));
        churn();
        CHECK_EQ(process_vm_readv(getpid(), &to, 1, &from, 1, 0), sizeof(before));
        CHECK(memcmp(to.iov_base, from.iov_base, sizeof(before)) == 0);
        memcpy(to.iov_base, before, sizeof(before));
    }
    CHECK_EQ(wrong_words(), 0);
}

/* A ring reads into cold memory, or there is none. */
static void by_ring(void)
{
    struct io_uring_params p = {0};
    char name[] = "/tmp/winmem-calls-XXXXXX";
    int ring = (int)syscall(SYS_io_uring_setup, 4, &p), fd = mkstemp(name);
    REQUIRE(fd >= 0);
    unlink(name);
    CHECK(write(fd, memory, 64 * PAGE) == 64 * PAGE);
    if (ring < 0) {
        fprintf(stderr, "no ring: %s\n", strerror(errno));
        close(fd);
        return;
    }
    int access = PROT_READ | PROT_WRITE;
    char *sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, access, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), access, MAP_SHARED, ring,
                    IORING_OFF_CQ_RING);
    struct io_uring_sqe *entry = mmap(NULL, p.sq_entries * sizeof(*entry), access, MAP_SHARED, ring, IORING_OFF_SQES);
    REQUIRE(sq != MAP_FAILED && cq != MAP_FAILED && entry != MAP_FAILED);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t *to = memory + SIZE / 2 + i * 128 * PAGE;
        churn();
        unsigned at = i % p.sq_entries;
        memset(&entry[at], 0, sizeof(*entry));
        entry[at].opcode = IORING_OP_READ;
        entry[at].fd = fd;
        entry[at].addr = (uintptr_t)to;
        entry[at].len = 64 * PAGE;
        ((unsigned *)(sq + p.sq_off.array))[at] = at;
        __atomic_store_n((unsigned *)(sq + p.sq_off.tail), i + 1, __ATOMIC_RELEASE);
        CHECK(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
        struct io_uring_cqe *done = (struct io_uring_cqe *)(cq + p.cq_off.cqes) + i % p.cq_entries;
        CHECK_EQ(done->res, 64 * PAGE);
        __atomic_store_n((unsigned *)(cq + p.cq_off.head), i + 1, __ATOMIC_RELEASE);
        CHECK(memcmp(to, memory, 64 * PAGE) == 0);
        for (size_t word_at = 0; word_at < 64 * PAGE / 8; word_at++)
            ((volatile uint64_t *)to)[word_at] = word((size_t)(to - memory) / 8 + word_at);
    }
    close(ring);
    close(fd);
}

/* Linux's own asynchronous reads fill cold memory. */
static void by_aio(aio_context_t context)
{
    char name[] = "/tmp/winmem-calls-XXXXXX";
    int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    unlink(name);
    CHECK(write(fd, memory, 64 * PAGE) == 64 * PAGE);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t *to = memory + SIZE / 2 + i * 128 * PAGE;
        struct iocb order = {
            .aio_fildes = (uint32_t)fd,
            .aio_lio_opcode = IOCB_CMD_PREAD,
            .aio_buf = (uintptr_t)to,
            .aio_nbytes = 64 * PAGE,
        };
        struct iocb *orders[1] = {&order};
        struct io_event done = {0};
        churn();
        CHECK_EQ(syscall(SYS_io_submit, context, 1, orders), 1);
        CHECK_EQ(syscall(SYS_io_getevents, context, 1, 1, &done, NULL), 1);
        CHECK_EQ(done.res, 64 * PAGE);
        CHECK(memcmp(to, memory, 64 * PAGE) == 0);
        for (size_t word_at = 0; word_at < 64 * PAGE / 8; word_at++)
            ((volatile uint64_t *)to)[word_at] = word((size_t)(to - memory) / 8 + word_at);
    }
    syscall(SYS_io_destroy, context);
    close(fd);
}

/* As programs do: at their start, before any of their memory is cold. There is none, or it works. */
static bool set_up_aio(aio_context_t *context)
{
    if (syscall(SYS_io_setup, 4, context) == 0)
        return true;
    CHECK_EQ(errno, ENOSYS);
    return false;
}

static void small_calls(void)
{
    char *path = (char *)memory + 100 * PAGE;
    struct stat *status = (struct stat *)(memory + 2000 * PAGE);
    char *directory = (char *)memory + 3000 * PAGE;
    uint8_t saved[3][PAGE];
    memcpy(saved[0], path, PAGE);
    memcpy(saved[1], status, PAGE);
    memcpy(saved[2], directory, PAGE);
    strcpy(path, "/tmp");
    churn();
    CHECK_EQ(stat(path, status), 0);
    churn();
    CHECK(S_ISDIR(status->st_mode));
    CHECK_EQ(access(path, R_OK), 0);
    churn();
    CHECK(getcwd(directory, PAGE) != NULL);
    memcpy(path, saved[0], PAGE);
    memcpy(status, saved[1], PAGE);
    memcpy(directory, saved[2], PAGE);
}

static void *echo(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char bytes[4096];
    for (;;) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
        if (got <= 0 || send(fd, bytes, (size_t)got, 0) != got)
            return NULL;
    }
}

static void sockets(void)
{
    int pair[2];
    pthread_t thread;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pthread_create(&thread, NULL, echo, (void *)(intptr_t)pair[1]);
    for (unsigned i = 0; i < 400; i++) {
        uint8_t *at = memory + (size_t)(i * 2654435761u % (SIZE / PAGE)) * PAGE;
        struct pollfd ready = {.fd = pair[0], .events = POLLIN};
        CHECK_EQ(send(pair[0], at, PAGE, 0), PAGE);
        for (size_t got = 0; got < PAGE;) {
            CHECK_EQ(poll(&ready, 1, 5000), 1);
            ssize_t more = recv(pair[0], at + got, PAGE - got, 0);
            REQUIRE(more > 0);
            got += (size_t)more;
        }
    }
    shutdown(pair[0], SHUT_RDWR);
    pthread_join(thread, NULL);
    close(pair[0]);
    close(pair[1]);
}

static sigjmp_buf back;

static void on_fault(int number)
{
    siglongjmp(back, number);
}

/* The program's own handler sees its own faults, and blocking the signals does not kill it. */
static void signals(void)
{
    struct sigaction action = {.sa_handler = on_fault}, old;
    sigset_t all;
    CHECK_EQ(sigaction(SIGSEGV, &action, &old), 0);
    if (sigsetjmp(back, 1) == 0) {
        volatile uintptr_t nowhere = 8;
        *(volatile int *)nowhere = 1;
        CHECK(0);
    }
    CHECK_EQ(sigaction(SIGSEGV, &old, NULL), 0);
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
    churn();
    CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &all, NULL), 0);
}

static void processes(void)
{
    char **arguments = (char **)(memory + 500 * PAGE);
    uint8_t saved[PAGE];
    memcpy(saved, arguments, PAGE);
    char *text = (char *)(arguments + 8);
    strcpy(text, "exit 7");
    static char shell[] = "sh", flag[] = "-c";
    arguments[0] = shell;
    arguments[1] = flag;
    arguments[2] = text;
    arguments[3] = NULL;
    churn();
    pid_t child = fork();
    if (child == 0) {
        unsetenv("LD_PRELOAD");
        execv("/bin/sh", arguments);
        _exit(1);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQ(WEXITSTATUS(status), 7);
    memcpy(arguments, saved, PAGE);
    child = fork();
    if (child == 0)
        _exit(wrong_words() != 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
}

int main(void)
{
    aio_context_t context = 0;
    bool has_aio = set_up_aio(&context);
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    for (size_t i = 0; i < SIZE / 8; i++)
        ((volatile uint64_t *)memory)[i] = word(i);
    files();
    vectors();
    by_process();
    by_ring();
    if (has_aio)
        by_aio(context);
    small_calls();
    sockets();
    signals();
    processes();
    CHECK_EQ(wrong_words(), 0);
    return CHECK_DONE();
}
