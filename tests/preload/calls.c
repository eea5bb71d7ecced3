/* calls.c: a Linux program that knows nothing of winmem: its buffers are paged out while it hands them to the kernel.
 * Run with the preload and a budget of a quarter of its memory; passes without both as well. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    for (size_t i = 0; i < SIZE / 8; i++)
        ((volatile uint64_t *)memory)[i] = word(i);
    files();
    small_calls();
    sockets();
    signals();
    processes();
    CHECK_EQ(wrong_words(), 0);
    return CHECK_DONE();
}
