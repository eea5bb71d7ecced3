/* Threads that allocate and free at the same time, outside the address-space lock where they may: nobody's pages are
 * lost, a region is freed once, a fork in between leaves a child that works, and failures of the kernel leave no trace.
 */
#include "check.h"
#include "host/gate.h"
#include "mm/space.h"

#include <windows.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS 3000

static _Atomic unsigned calls;
static _Atomic(void *) shared[16];
static _Atomic long taken, freed;

static int fail_some(const char *call)
{
    bool mine = !strcmp(call, "commit") || !strcmp(call, "decommit");
    return mine && atomic_fetch_add(&calls, 1) % 13 == 0 ? -12 : 0;
}

static void own_work(unsigned number, unsigned round)
{
    size_t size = 4096u << (round + number) % 7;
    char *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION information;
    DWORD old;
    if (!memory)
        return;
    memory[0] = (char)number;
    memory[size - 1] = (char)round;
    REQUIRE(VirtualQuery(memory, &information, sizeof information) == sizeof information);
    CHECK(information.AllocationBase == memory && information.RegionSize == size && information.State == MEM_COMMIT);
    if (round % 3 == 0)
        VirtualProtect(memory, 4096, PAGE_READONLY, &old);
    CHECK(memory[0] == (char)number && (size == 4096 || memory[size - 1] == (char)round));
    while (!VirtualFree(memory, 0, MEM_RELEASE))
        CHECK(VirtualQuery(memory, &information, sizeof information) && information.State == MEM_COMMIT);
}

/* Many threads free what any of them put down: each region goes exactly once. */
static void shared_work(unsigned round)
{
    void *fresh = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (fresh)
        atomic_fetch_add(&taken, 1);
    void *old = atomic_exchange(&shared[round % 16], fresh);
    if (!old)
        return;
    while (!VirtualFree(old, 0, MEM_RELEASE))
        CHECK(GetLastError() != ERROR_INVALID_ADDRESS);
    atomic_fetch_add(&freed, 1);
}

static void *work(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        own_work(number, round);
        shared_work(round * 7 + number);
    }
    return NULL;
}

static void fork_meanwhile(void)
{
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            alarm(20);
            host_gate = NULL;
            if (space_validate())
                _exit(2);
            for (int k = 0; k < 50; k++) {
                char *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
                if (!memory)
                    _exit(3);
                memory[65535] = 1;
                if (!VirtualFree(memory, 0, MEM_RELEASE))
                    _exit(4);
            }
            _exit(0);
        }
        int status;
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK_EQ(status, 0);
    }
}

/* Two threads free the same address: one of them is told that there is nothing. */
static void *free_it(void *memory)
{
    return (void *)(uintptr_t)VirtualFree(memory, 0, MEM_RELEASE);
}

static void free_twice(void)
{
    for (int i = 0; i < 300; i++) {
        pthread_t other;
        void *theirs;
        void *memory = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        REQUIRE(memory);
        REQUIRE(pthread_create(&other, NULL, free_it, memory) == 0);
        bool mine = VirtualFree(memory, 0, MEM_RELEASE);
        pthread_join(other, &theirs);
        CHECK_EQ(mine + (theirs != NULL), 1);
    }
}

static void *protects(void *memory)
{
    DWORD old;
    return (void *)(uintptr_t)VirtualProtect(memory, 4096, PAGE_READONLY, &old);
}

/* Whether somebody comes to wait for the one that is busy outside the lock: half a minute at most. */
static bool is_waited_for(unsigned count)
{
    for (int i = 0; i < 30000; i++) {
        space_lock_parallel();
        unsigned waiting = mm_state.waiting;
        space_unlock();
        if (waiting == count)
            return true;
        usleep(1000);
    }
    return false;
}

/* The call, and then the fork of the signal handler that comes into it. */
static void *interrupt(void *waiter)
{
    CHECK(is_waited_for(1));
    pthread_kill(*(pthread_t *)waiter, SIGUSR1);
    CHECK(is_waited_for(2));
    return NULL;
}

static void *terminate(void *waiter)
{
    CHECK(is_waited_for(1));
    return (void *)(uintptr_t)TerminateThread(waiter, 5);
}

static pid_t forked;
static bool child_goes_on;

static void fork_in_handler(int signal)
{
    (void)signal;
    forked = fork();
    if (forked == 0) {
        alarm(20);
        char *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!memory || !VirtualFree(memory, 0, MEM_RELEASE))
            _exit(3);
        child_goes_on = true;
    }
}

static void *fork_while_waiting(void *memory)
{
    bool good = protects(memory) != NULL;
    if (child_goes_on)
        _exit(good && mm_state.waiting == 0 && space_validate() == NULL ? 0 : 4);
    return (void *)(uintptr_t)good;
}

/* A call that waits for another's stay outside the lock is not inside: its thread's signal handlers may fork. */
static void interrupted_wait(void)
{
    void *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), *good;
    struct sigaction action = {.sa_handler = fork_in_handler};
    pthread_t waiter, watcher;
    int status;
    sigaction(SIGUSR1, &action, NULL);
    space_lock();
    space_step_out_locked();
    REQUIRE(pthread_create(&waiter, NULL, fork_while_waiting, memory) == 0);
    REQUIRE(pthread_create(&watcher, NULL, interrupt, &waiter) == 0);
    pthread_join(watcher, NULL);
    space_step_in();
    space_unlock();
    pthread_join(waiter, &good);
    CHECK(good != NULL);
    CHECK(forked > 0 && waitpid(forked, &status, 0) == forked && status == 0);
    CHECK_EQ(mm_state.waiting, 0);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static _Atomic bool begun;

static DWORD WINAPI protects_for_ever(LPVOID memory)
{
    while (!begun)
        Sleep(1);
    while (protects(memory)) {}
    return 0;
}

/* Nor is it ended there, for it would be counted for ever. */
static void ended_wait(void)
{
    void *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), *good;
    pthread_t watcher;
    DWORD code = 0;
    HANDLE waiter = CreateThread(NULL, 0, protects_for_ever, memory, 0, NULL);
    REQUIRE(waiter && pthread_create(&watcher, NULL, terminate, waiter) == 0);
    space_lock();
    space_step_out_locked();
    begun = true;
    usleep(50000);
    space_step_in();
    space_unlock();
    pthread_join(watcher, &good);
    CHECK(good != NULL);
    CHECK(WaitForSingleObject(waiter, 20000) == WAIT_OBJECT_0 && GetExitCodeThread(waiter, &code) && code == 5);
    CHECK_EQ(mm_state.waiting, 0);
    CloseHandle(waiter);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static _Atomic int kept;

static void *keep_lock(void *unused)
{
    space_lock();
    atomic_store(&kept, 1);
    usleep(20000);
    space_unlock();
    return unused;
}

/* A thread that met another has places of its own, before which ten pages are reserved that nobody asked for. */
static void *behind_fence(void *unused)
{
    pthread_t keeper;
    MEMORY_BASIC_INFORMATION information;
    REQUIRE(pthread_create(&keeper, NULL, keep_lock, NULL) == 0);
    while (!atomic_load(&kept))
        usleep(100);
    char *first = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    pthread_join(keeper, NULL);
    REQUIRE(first && space_stretch != 0);
    for (int i = 1; i <= 10; i++) {
        char *post = first - ((size_t)i << 20);
        CHECK(VirtualQuery(post, &information, sizeof information) && information.BaseAddress == post);
        CHECK(information.State != MEM_FREE && information.RegionSize == 4096);
        CHECK(!VirtualAlloc(post, 4096, MEM_RESERVE, PAGE_READWRITE) && GetLastError() == ERROR_INVALID_ADDRESS);
        CHECK(VirtualQuery(post + 65536, &information, sizeof information) && information.State == MEM_FREE);
    }
    CHECK(VirtualFree(first, 0, MEM_RELEASE));
    return unused;
}

int main(void)
{
    pthread_t alone;
    mm_start();
    REQUIRE(pthread_create(&alone, NULL, behind_fence, NULL) == 0 && pthread_join(alone, NULL) == 0);
    for (int fail = 0; fail < 2; fail++) {
        pthread_t thread[THREADS];
        host_gate = fail ? fail_some : NULL;
        for (uintptr_t i = 0; i < THREADS; i++)
            REQUIRE(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
        if (!fail)
            fork_meanwhile();
        for (int i = 0; i < THREADS; i++)
            pthread_join(thread[i], NULL);
        host_gate = NULL;
        for (int i = 0; i < 16; i++) {
            void *left = atomic_exchange(&shared[i], NULL);
            CHECK(!left || VirtualFree(left, 0, MEM_RELEASE));
            freed += left != NULL;
        }
        CHECK_EQ(taken, freed);
        CHECK(space_validate() == NULL);
    }
    free_twice();
    interrupted_wait();
    ended_wait();
    CHECK(space_validate() == NULL);
    CHECK_EQ(mm_state.busy, 0);
    return CHECK_DONE();
}
