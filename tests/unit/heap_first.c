/* heap_first.c: a fork in one thread beside the very first call of the heap in another: the child's own first call
 * finds the heap there or makes it, and never waits for a thread that is not in the child. */
#include <windows.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define ROUNDS 150

static atomic_int ready;

static void *call_first(void *unused)
{
    (void)unused;
    atomic_store(&ready, 1);
    HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 100));
    return NULL;
}

static int status_of(pid_t child)
{
    int status = -1;
    return waitpid(child, &status, 0) == child ? status : -1;
}

/* A process that has never called the heap. */
static int beside_first(int spins)
{
    pthread_t thread;
    alarm(30);
    if (pthread_create(&thread, NULL, call_first, NULL) != 0)
        return 2;
    while (!atomic_load(&ready))
        sched_yield();
    for (volatile int i = 0; i < spins; i++) {}
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        void *block = HeapAlloc(GetProcessHeap(), 0, 1000);
        _exit(block && HeapFree(GetProcessHeap(), 0, block) ? 0 : 3);
    }
    int status = status_of(child);
    pthread_join(thread, NULL);
    return status ? 4 : 0;
}

int main(void)
{
    int bad = 0;
    for (int round = 0; round < ROUNDS && !bad; round++) {
        pid_t child = fork();
        if (child == 0)
            _exit(beside_first(round * 40));
        bad = status_of(child);
    }
    CHECK_EQ(bad, 0);
    return CHECK_DONE();
}
