/* walk.c: HeapValidate and HeapWalk over 10 000 blocks, HeapAlloc and HeapFree of the process heap and of a private
 * one. Prints the best of many rounds, which noise disturbs least. */
#include <stdio.h>
#include <time.h>
#include <windows.h>
#include <heapapi.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void pairs(const char *name, HANDLE heap)
{
    double best = 1e9;
    for (int round = 0; round < 10; round++) {
        double start = now();
        for (int i = 0; i < 1000000; i++) {
            void *volatile block = HeapAlloc(heap, 0, 64);
            HeapFree(heap, 0, block);
        }
        double each = (now() - start) / 1e6;
        best = each < best ? each : best;
    }
    printf("HeapAlloc + HeapFree of 64 bytes, %s: %.1f ns\n", name, best);
}

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (int i = 0; i < 10000; i++)
        HeapAlloc(heap, 0, 16 + (SIZE_T)(i * 37 % 500));
    double validate = 1e9, walk = 1e9;
    for (int round = 0; round < 50; round++) {
        double start = now();
        if (!HeapValidate(heap, 0, NULL))
            return 1;
        double each = now() - start;
        validate = each < validate ? each : validate;
        PROCESS_HEAP_ENTRY entry = {0};
        int entries = 0;
        HeapLock(heap);
        start = now();
        while (HeapWalk(heap, &entry))
            entries++;
        each = (now() - start) / entries;
        HeapUnlock(heap);
        walk = each < walk ? each : walk;
    }
    printf("HeapValidate of 10 000 blocks: %.1f us\n", validate / 1000);
    printf("HeapWalk: %.1f ns a block\n", walk);
    pairs("process heap", GetProcessHeap());
    pairs("private heap", heap);
    HeapDestroy(heap);
    return 0;
}
