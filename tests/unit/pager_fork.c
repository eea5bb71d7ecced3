/* pager_fork.c: what a child of fork reads of its parent's paging file stays as it was, however long it lives and
 * whatever the parent does; and when it is gone, however it went, the room in the file is there again. */
/* test traits: protection long */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/gate.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 1024u /* 4 MiB, with a budget of 2.5 and a file of 10 */
#define ROUNDS 4

static uint8_t *memory;
static char file_name[64];
static bool no_claims;

static int gate(const char *call)
{
    return no_claims && strcmp(call, "host_claim") == 0 ? -EMFILE : 0;
}

static uint64_t word(uint32_t page, unsigned i, unsigned version)
{
    uint64_t value = ((uint64_t)page << 32 | version << 12 | i) * 0x9e3779b97f4a7c15u;
    return value ^ value >> 29;
}

static void fill(unsigned version)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        for (unsigned i = 0; i < 512; i++)
            ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] = word(page, i, version);
    }
}

static unsigned wrong_pages(unsigned version, unsigned step)
{
    unsigned wrong = 0;
    for (uint32_t page = 0; page < PAGES; page += step) {
        bool good = true;
        for (unsigned i = 0; i < 512; i += 3)
            good &= ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] == word(page, i, version);
        wrong += !good;
    }
    return wrong;
}

static int verdict(unsigned version, unsigned step)
{
    return wrong_pages(version, step) != 0;
}

/* One child of each kind; all of them are gone when this returns. */
static void short_child(unsigned kind, unsigned version)
{
    int end[2], status;
    char byte;
    REQUIRE(pipe(end) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        close(end[0]);
        if (kind == 1)
            kill(getpid(), SIGKILL);
        if (kind == 2)
            execl("/bin/true", "true", (char *)NULL);
        if (kind == 3 && fork() == 0)
            _exit(verdict(version, 64)); /* its parent is gone by now, or soon */
        _exit(kind == 3 ? 0 : verdict(version, 16));
    }
    close(end[1]);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, kind == 1 ? SIGKILL : 0);
    CHECK(read(end[0], &byte, 1) == 0); /* the last one has closed it */
    close(end[0]);
}

struct waiter {
    pid_t pid;
    int go, said;
};

/* Lives until it is told to look at its memory, which is of `version`. `deep`: it is a grandchild whose parent died. */
static struct waiter long_child(unsigned version, bool deep)
{
    int go[2], said[2];
    char byte;
    REQUIRE(pipe(go) == 0 && pipe(said) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        if (deep && fork() != 0)
            _exit(0);
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(9);
        byte = (char)verdict(version, 1);
        _exit(write(said[1], &byte, 1) != 1);
    }
    close(go[0]);
    close(said[1]);
    if (deep)
        CHECK(waitpid(pid, NULL, 0) == pid);
    return (struct waiter){deep ? 0 : pid, go[1], said[0]};
}

static void end_long(struct waiter child)
{
    char byte = 9;
    CHECK(write(child.go, "x", 1) == 1);
    CHECK(read(child.said, &byte, 1) == 1);
    CHECK_EQ(byte, 0);
    close(child.go);
    close(child.said);
    if (child.pid)
        CHECK(waitpid(child.pid, NULL, 0) == child.pid);
}

static void whole(unsigned version)
{
    struct pager_statistics s;
    CHECK_EQ(wrong_pages(version, 1), 0);
    pager_get_statistics(&s);
    CHECK_EQ(s.over_budget, 0);
    CHECK_EQ(s.times_over_budget, 0);
    CHECK_EQ(s.in_page_errors, 0);
    CHECK(s.file_in_use <= s.file_maximum + s.file_maximum / 8);
}

/* A file in which the program fits not quite twice: slots must come back after each child. */
static void churn(unsigned *version)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        short_child(round % 4, *version);
        fill(++*version);
    }
    whole(*version);
}

/* What they had when they were forked takes no more than its own room, for as long as they live. */
static void lasting(unsigned *version)
{
    struct waiter one = long_child(*version, false);
    for (unsigned round = 0; round < 2; round++) {
        fill(++*version);
        short_child(round, *version);
    }
    end_long(one);
    struct waiter deep = long_child(*version, true);
    for (unsigned round = 0; round < 2; round++) {
        fill(++*version);
        short_child(round, *version);
    }
    end_long(deep);
    fill(++*version);
    whole(*version);
}

/* Without a claim a child is never told to be gone; it must be right all the same. */
static void unclaimed(unsigned *version)
{
    no_claims = true;
    struct waiter one = long_child(*version, false);
    no_claims = false;
    fill(++*version);
    short_child(0, *version);
    end_long(one);
    CHECK_EQ(wrong_pages(*version, 1), 0);
    const char *bad = pager_validate();
    if (bad)
        fprintf(stderr, "%s\n", bad);
    CHECK(bad == NULL);
}

/* Two processes that were told of one file: the second has another. Nothing was paged out before the fork. */
static void one_name(void)
{
    int status;
    char byte;
    int told[2];
    REQUIRE(pipe(told) == 0);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        fill(1000);
        (void)!write(told[1], "x", 1);
        fill(1001);
        _exit(verdict(1001, 1));
    }
    fill(1);
    CHECK(read(told[0], &byte, 1) == 1);
    CHECK_EQ(wrong_pages(1, 1), 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    close(told[0]);
    close(told[1]);
}

int main(void)
{
    const char *directory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* not the disk's speed */
    setenv("TMPDIR", directory, 1);
    snprintf(file_name, sizeof(file_name), "%s/winmem-pager-fork-%d", directory, (int)getpid());
    exception_start();
    host_gate = gate;
    host_option_set(OPTION_RAM, "2560K");
    host_option_set(OPTION_PAGEFILE, file_name);
    host_option_set(OPTION_PAGEFILE_MAX, "10M");
    size_t size = (size_t)PAGES * 4096;
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (!pager_on)
        SKIP("no paging here");
    unsigned version = 1;
    one_name();
    churn(&version);
    lasting(&version);
    churn(&version);
    unclaimed(&version);
    unlink(file_name);
    return CHECK_DONE();
}
