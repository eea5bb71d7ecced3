/* jobs.c: eight processes with uneven load under one RAM budget: as members of a job, which divides it by need, and
 * under fixed splits of the same sum. Two read and write all of their memory at random; six touch as much once and
 * then keep to a corner of it, with pauses. Told is the work of all in the same time; the processes are this program.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "winmem-bench-jobs"
#define MEMBERS 8
#define HEAVY 2
#define MIB ((SIZE_T)1 << 20)
#define BUDGET 176 /* MiB, of all */
#define BUSY 54    /* MiB, of each that uses all */
#define IDLE 14    /* MiB, of each of the others */
#define CORNER 3   /* MiB, what the light ones work on */
#define SECONDS 12
#define WARM 6 /* of these before the counting starts */

struct shared {
    volatile LONG filled, go, stop;
    volatile LONG64 done[MEMBERS];
};

static struct shared *shared;

static unsigned next(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void map_shared(HANDLE section)
{
    shared = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
    if (!shared) {
        fprintf(stderr, "the shared section: error %u\n", (unsigned)GetLastError());
        exit(1);
    }
}

static int member(int index)
{
    unsigned random = 2463534242u + (unsigned)index, pages = (index < HEAVY ? BUSY : IDLE) * MIB / 4096;
    map_shared(OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME));
    unsigned(*memory)[1024] = VirtualAlloc(NULL, (SIZE_T)pages * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!memory)
        return 2;
    for (unsigned page = 0; page < pages; page++)
        for (unsigned i = 0; i < 1024; i++)
            memory[page][i] = i % 16 ? page + i / 7 : next(&random);
    InterlockedIncrement(&shared->filled);
    while (!shared->go)
        Sleep(1);
    unsigned range = index < HEAVY ? pages : CORNER * MIB / 4096;
    for (LONG64 done = 1; !shared->stop; done++) {
        unsigned r = next(&random);
        memory[r % range][r >> 22]++;
        if (done % 64 == 0)
            shared->done[index] = done;
        if (index >= HEAVY && done % 4096 == 0)
            Sleep(1);
    }
    return 0;
}

static LONG64 work(void)
{
    LONG64 sum = 0;
    for (int i = 0; i < MEMBERS; i++)
        sum += shared->done[i];
    return sum;
}

static void set_size(const char *name, unsigned mib)
{
    char text[32];
    snprintf(text, sizeof(text), "%uM", mib);
    if (mib)
        SetEnvironmentVariableA(name, text);
    else
        SetEnvironmentVariableA(name, NULL);
}

/* Thousand operations a second; heavy 0: as a job. */
static double run(const char *self, unsigned heavy, unsigned light)
{
    PROCESS_INFORMATION made[MEMBERS];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    memset((void *)(ULONG_PTR)shared, 0, sizeof(*shared));
    SetEnvironmentVariableA("WINMEM_JOB", heavy ? NULL : NAME "-job");
    set_size("WINMEM_JOB_RAM", heavy ? 0 : BUDGET);
    for (int i = 0; i < MEMBERS; i++) {
        char line[600];
        snprintf(line, sizeof(line), "\"%s\" member %d", self, i);
        set_size("WINMEM_RAM", i < HEAVY ? heavy : light);
        if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made[i]))
            exit(1);
    }
    while (shared->filled < MEMBERS)
        Sleep(10);
    shared->go = 1;
    Sleep(WARM * 1000);
    LONG64 before = work();
    Sleep((SECONDS - WARM) * 1000);
    LONG64 done = work() - before;
    shared->stop = 1;
    for (int i = 0; i < MEMBERS; i++) {
        WaitForSingleObject(made[i].hProcess, 30000);
        CloseHandle(made[i].hProcess);
        CloseHandle(made[i].hThread);
    }
    return (double)done / ((SECONDS - WARM) * 1000);
}

int main(int argc, char **argv)
{
    static const unsigned splits[][2] = {{22, 22}, {40, 16}, {58, 10}, {64, 8}};
    if (argc > 2 && !strcmp(argv[1], "member"))
        return member(atoi(argv[2]));
    map_shared(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NAME));
    double best = 0;
    printf("%d processes, %d MiB of %d MiB, thousand operations a second of all\n", MEMBERS, BUDGET,
           HEAVY * BUSY + (MEMBERS - HEAVY) * IDLE);
    for (unsigned i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
        double rate = run(argv[0], splits[i][0], splits[i][1]);
        printf("fixed: %2u MiB for the busy, %2u MiB for the others %10.0f\n", splits[i][0], splits[i][1], rate);
        fflush(stdout);
        best = rate > best ? rate : best;
    }
    double job = run(argv[0], 0, 0);
    printf("one job, by need                                    %10.0f   %.0f %% of the best split (goal 90: %s)\n",
           job, 100 * job / best, job >= 0.9 * best ? "reached" : "missed");
    return 0;
}
