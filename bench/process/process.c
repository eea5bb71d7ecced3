/* process.c: what crosses the border between processes, and the locks inside one: each operation through the Windows
 * API, beside what a Linux programmer would write for it. The other process is this program again ("child"). */
#include "../bench.h"

#include <string.h>

#include "raw.h"

#define NAME "winmem-bench-process"
#define KIB ((SIZE_T)1024)

static HANDLE child_process, ping, pong, own_mutex;
static void *child_block;
static char buffer[64 * 1024];
static SRWLOCK srw = SRWLOCK_INIT;
static CRITICAL_SECTION critical;

static void open_section(unsigned count, SIZE_T size, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, name);
        char *view = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, size) : NULL;
        if (!view || !UnmapViewOfFile(view) || !CloseHandle(section))
            bench_fail("OpenFileMapping");
    }
}

static void do_section(unsigned count, SIZE_T size)
{
    open_section(count, size, NAME "-held");
}

static void do_own_section(unsigned count, SIZE_T size)
{
    open_section(count, size, NAME "-section");
}

static void do_create(unsigned count, SIZE_T size)
{
    for (unsigned i = 0; i < count; i++) {
        HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, NAME "-new");
        char *view = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, size) : NULL;
        if (!view || !UnmapViewOfFile(view) || !CloseHandle(section))
            bench_fail("CreateFileMapping");
    }
}

static void do_read(unsigned count, SIZE_T size)
{
    for (unsigned i = 0; i < count; i++)
        if (!ReadProcessMemory(child_process, child_block, buffer, size, NULL))
            bench_fail("ReadProcessMemory");
}

static void do_read_self(unsigned count, SIZE_T size)
{
    static char own[4096];
    for (unsigned i = 0; i < count; i++)
        if (!ReadProcessMemory(GetCurrentProcess(), own, buffer, size, NULL))
            bench_fail("ReadProcessMemory");
}

static void do_allocate(unsigned count, SIZE_T size)
{
    for (unsigned i = 0; i < count; i++) {
        void *base = VirtualAllocEx(child_process, NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!base || !VirtualFreeEx(child_process, base, 0, MEM_RELEASE))
            bench_fail("VirtualAllocEx");
    }
}

static void do_ping(unsigned count, SIZE_T size)
{
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        SetEvent(ping);
        WaitForSingleObject(pong, INFINITE);
    }
}

static void do_srw(unsigned count, SIZE_T size)
{
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        AcquireSRWLockExclusive(&srw);
        ReleaseSRWLockExclusive(&srw);
    }
}

static void do_srw_shared(unsigned count, SIZE_T size)
{
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        AcquireSRWLockShared(&srw);
        ReleaseSRWLockShared(&srw);
    }
}

static void do_critical(unsigned count, SIZE_T size)
{
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        EnterCriticalSection(&critical);
        LeaveCriticalSection(&critical);
    }
}

static void do_mutex(unsigned count, SIZE_T size)
{
    (void)size;
    for (unsigned i = 0; i < count; i++) {
        WaitForSingleObject(own_mutex, INFINITE);
        ReleaseMutex(own_mutex);
    }
}

static int child(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME "-section");
    HANDLE in = OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME "-ping");
    HANDLE out = OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME "-pong");
    void **view = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
    HANDLE held = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NAME "-held");
    if (!view || !in || !out || !held)
        return 1;
    view[0] = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memset(view[0], 1, 65536);
    SetEvent(out);
    raw_place(1);      /* both answerers on one processor, both askers on another: where a wake-up goes costs more */
    if (!raw_answer()) /* a thread that plays the bare futex' other side */
        return 1;
    while (WaitForSingleObject(in, INFINITE) == WAIT_OBJECT_0)
        SetEvent(out);
    return 0;
}

static const struct {
    const char *name;
    const char *goal;
    bench_side *ours, *raw;
    SIZE_T size;
    unsigned rounds;
} rows[] = {
    {"named section open+map+unmap+close", "1.5", do_section, raw_section, 64 * KIB, 21},
    {"the same, which this process has", "1.5", do_own_section, raw_section, 64 * KIB, 21},
    {"the same, created and gone", "3.0", do_create, raw_create, 64 * KIB, 21},
    {"ReadProcessMemory 4 KiB, child", "1.2", do_read, raw_read, 4 * KIB, 21},
    {"ReadProcessMemory 64 KiB, child", "1.2", do_read, raw_read, 64 * KIB, 21},
    {"ReadProcessMemory 4 KiB, itself", "100 ns", do_read_self, NULL, 4 * KIB, 11},
    {"VirtualAllocEx+FreeEx, child", "40000 ns", do_allocate, NULL, 64 * KIB, 11},
    {"event ping-pong, two processes", "1.2", do_ping, raw_ping, 0, 15},
    {"SRW lock, exclusive", "1.0", do_srw, raw_mutex, 0, 21},
    {"SRW lock, shared", "1.0", do_srw_shared, raw_rwlock, 0, 21},
    {"critical section", "1.0", do_critical, raw_recursive, 0, 21},
    {"mutex object, uncontended", "100 ns", do_mutex, NULL, 0, 11},
};

static void print_row(unsigned i, const struct bench_result *result)
{
    double value = result->raw != 0 ? result->ratio : result->ours;
    const char *verdict = value <= atof(rows[i].goal) ? "reached" : "missed";
    printf("| %-34s | %10.1f |", rows[i].name, result->ours);
    if (result->raw != 0)
        printf(" %10.1f | %5.2f | %8s | %-7s |\n", result->raw, result->ratio, rows[i].goal, verdict);
    else
        printf(" %10s | %5s | %8s | %-7s |\n", "", "", rows[i].goal, verdict);
    fflush(stdout);
}

static void start_child(const char *self)
{
    char line[600];
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NAME "-section");
    void **view = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
    ping = CreateEventA(NULL, FALSE, FALSE, NAME "-ping");
    pong = CreateEventA(NULL, FALSE, FALSE, NAME "-pong");
    own_mutex = CreateMutexA(NULL, FALSE, NULL);
    InitializeCriticalSection(&critical);
    snprintf(line, sizeof(line), "\"%s\" child", self);
    if (!view || !raw_start() || !CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made))
        bench_fail("CreateProcess");
    if (WaitForSingleObject(pong, 10000) != WAIT_OBJECT_0)
        bench_fail("the child");
    child_process = made.hProcess;
    child_block = view[0];
    raw_set_child((int)made.dwProcessId, child_block);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "child"))
        return child();
    const char *only = argc > 1 ? argv[1] : "";
    start_child(argv[0]);
    printf("| %-34s | %10s | %10s | ratio | %8s | %-7s |\n", "operation", "winmem ns", "raw ns", "goal", "");
    printf("|------------------------------------|-----------:|-----------:|------:|---------:|---------|\n");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!strstr(rows[i].name, only))
            continue;
        BOOL between = rows[i].ours == do_ping;
        if (between)
            raw_place(0);
        struct bench_result result = bench_pair(rows[i].ours, rows[i].raw, rows[i].size, 0, rows[i].rounds);
        if (between)
            raw_place(-1);
        print_row(i, &result);
    }
    TerminateProcess(child_process, 0);
    raw_end();
    return 0;
}
