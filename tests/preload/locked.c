/* locked.c: a Linux program that locks memory, and one that gives up root, while their memory is paged. Passes without
 * winmem as well. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define SIZE ((size_t)12 << 20)
#define PAGE ((size_t)4096)

static uint8_t *memory;

static uint64_t word(size_t i, unsigned version)
{
    uint64_t x = (i + version) * 0x9e3779b97f4a7c15u;
    return x ^ x >> 31;
}

static void fill(unsigned version)
{
    for (size_t i = 0; i < SIZE / 8; i++)
        ((volatile uint64_t *)memory)[i] = word(i, version);
}

static unsigned wrong_words(unsigned version)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < SIZE / 8; i++)
        wrong += ((volatile uint64_t *)memory)[i] != word(i, version);
    return wrong;
}

/* A few pages here and there: what lies beside them must survive that the kernel does not let them go. */
static void locks(bool past_the_library)
{
    for (size_t at = 20 * PAGE; at + 4 * PAGE < SIZE; at += SIZE / 16) {
        long got = past_the_library ? syscall(SYS_mlock, memory + at, 2 * PAGE) : mlock(memory + at, 2 * PAGE);
        if (!past_the_library)
            CHECK(got == 0);
    }
    CHECK_EQ(wrong_words(1), 0);
    fill(2);
    CHECK_EQ(wrong_words(2), 0);
    fill(1);
    CHECK_EQ(wrong_words(1), 0);
    for (size_t at = 20 * PAGE; at + 4 * PAGE < SIZE; at += SIZE / 16) {
        if (past_the_library)
            syscall(SYS_munlock, memory + at, 2 * PAGE);
        else
            CHECK(munlock(memory + at, 2 * PAGE) == 0);
    }
}

static void all_locked(void)
{
    if (getenv("WINMEM_RAM")) {
        CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == -1);
        CHECK_EQ(errno, ENOMEM); /* a budget cannot promise it */
    }
    CHECK(munlockall() == 0);
}

/* A process with threads of its own (ours) becomes another user's, and forks. */
static void another_user(void)
{
    const char *faults = getenv("WINMEM_FAULTS");
    int status;
    if (getuid() != 0 || (faults && strcmp(faults, "protection") == 0)) /* /proc/self/mem is root's then */
        return;
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        alarm(40);
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        pid = fork();
        if (pid == 0)
            _exit(wrong_words(1) != 0);
        if (waitpid(pid, &status, 0) != pid || status)
            _exit(3);
        _exit(wrong_words(1) != 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
}

int main(void)
{
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    fill(1);
    locks(false);
    locks(true);
    all_locked();
    another_user();
    return CHECK_DONE();
}
