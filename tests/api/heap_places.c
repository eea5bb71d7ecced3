/* heap_places.c: the heap is called from every place where a program's code may run: constructors before main, FLS
 * callbacks, thread-exit destructors to the last round, signal handlers, exit handlers, destructors after main. */
#include <windows.h>

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "check.h"

static HANDLE early_heap, own_heap;
static void *early_block, *early_global;
static bool early_good;
static _Atomic(void *) left_block;

/* One block of each path, grown, freed; true: all as it should be. */
static bool use(HANDLE heap)
{
    static const SIZE_T sizes[] = {24, 1500, 30000, 200000, 9000000};
    bool good = heap != NULL;
    for (int i = 0; i < 5 && good; i++) {
        BYTE *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, sizes[i]);
        good = block && !block[0] && !block[sizes[i] - 1];
        if (!good)
            break;
        block[sizes[i] - 1] = 5;
        BYTE *grown = HeapReAlloc(heap, 0, block, sizes[i] * 2);
        good = grown && grown[sizes[i] - 1] == 5 && HeapSize(heap, 0, grown) == sizes[i] * 2 &&
               HeapFree(heap, 0, grown ? grown : block);
    }
    return good;
}

static bool use_all(void)
{
    HGLOBAL movable = GlobalAlloc(GHND, 100);
    bool good = movable && GlobalLock(movable) && !GlobalFree(movable);
    HANDLE heap = HeapCreate(0, 0, 0);
    good = good && use(GetProcessHeap()) && use(own_heap) && use(heap);
    return HeapDestroy(heap) && good;
}

/* --- before main, and after it --- */

__attribute__((constructor(101))) static void before_main(void)
{
    early_heap = HeapCreate(0, 0, 0);
    early_block = HeapAlloc(early_heap, 0, 100);
    early_global = GlobalAlloc(GMEM_MOVEABLE, 100);
    own_heap = early_heap;
    early_good = early_block && early_global && use_all();
}

static void require_late(bool good, const char *where)
{
    static const char text[] = ": the heap failed\n";
    if (good)
        return;
    (void)!write(2, where, strlen(where));
    (void)!write(2, text, sizeof text - 1);
    _exit(1);
}

static void at_exit(void)
{
    require_late(use_all() && HeapValidate(own_heap, 0, NULL), "an exit handler");
}

__attribute__((destructor(101))) static void after_main(void)
{
    require_late(use_all() && HeapValidate(GetProcessHeap(), 0, NULL), "a destructor");
}

/* --- threads that end --- */

static pthread_key_t key;
static DWORD slot;
static atomic_int rounds, callbacks, bad;

static void thread_round(void *value)
{
    bad += !use_all();
    rounds++;
    HeapFree(own_heap, 0,
             atomic_exchange(&left_block, HeapAlloc(own_heap, 0, 300))); /* of the round or thread before */
    if ((size_t)value < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(key, (char *)value + 1);
}

static void NTAPI fls_callback(PVOID value)
{
    bad += !use_all() || !HeapFree(own_heap, 0, value);
    callbacks++;
}

static void *ending(void *early)
{
    pthread_setspecific(key, (void *)1);
    FlsSetValue(slot, HeapAlloc(own_heap, 0, 50));
    bad += early ? 0 : !use_all(); /* or the thread's first call is its destructor's */
    return NULL;
}

static void threads(void)
{
    REQUIRE(pthread_key_create(&key, thread_round) == 0);
    slot = FlsAlloc(fls_callback);
    REQUIRE(slot != FLS_OUT_OF_INDEXES);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        REQUIRE(pthread_create(&thread, NULL, ending, i % 2 ? &key : NULL) == 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    CHECK_EQ(rounds, 20 * PTHREAD_DESTRUCTOR_ITERATIONS);
    CHECK_EQ(callbacks, 20);
    CHECK(FlsSetValue(slot, HeapAlloc(own_heap, 0, 50)));
    CHECK(FlsFree(slot)); /* calls it for this thread */
    CHECK_EQ(callbacks, 21);
    CHECK_EQ(bad, 0);
    CHECK(HeapFree(own_heap, 0, atomic_exchange(&left_block, NULL)));
    pthread_key_delete(key);
}

/* --- signals --- */

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    bad += !use_all();
    signals++;
}

static void interrupted(void)
{
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
    REQUIRE(signal(SIGUSR1, on_signal) != SIG_ERR && signal(SIGALRM, on_signal) != SIG_ERR);
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(signals, 1);
    REQUIRE(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (signals < 20) {} /* computes: nothing of the heap is under way */
    REQUIRE(setitimer(ITIMER_REAL, &never, NULL) == 0);
    CHECK_EQ(bad, 0);
}

int main(void)
{
    CHECK(early_good);
    CHECK_EQ(HeapSize(early_heap, 0, early_block), 100);
    CHECK(HeapFree(early_heap, 0, early_block));
    CHECK(GlobalFree(early_global) == NULL);
    REQUIRE(atexit(at_exit) == 0);
    threads();
    interrupted();
    CHECK(HeapValidate(own_heap, 0, NULL));
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    return CHECK_DONE();
}
