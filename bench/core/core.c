/* core.c: the speed of the core, one source for winmem and for Windows or Wine: each operation as the Windows API says
 * it, beside the bare Linux calls of raw.c where those exist.
 * usage: core [--plain | --wine FILE] [PART OF A NAME...]   the rows with any of the parts; all without one
 *   --plain  "name<TAB>nanoseconds" a line, as the Wine side prints it
 *   --wine   such a file, which becomes a column of the table */
#include "raw.h"

#include <string.h>

#define KIB ((SIZE_T)1 << 10)
#define MIB ((SIZE_T)1 << 20)
#define GIB ((SIZE_T)1 << 30)

static char *allocate(SIZE_T size, DWORD type, DWORD protect)
{
    char *memory = (char *)VirtualAlloc(NULL, size, type, protect);
    if (!memory)
        bench_fail("VirtualAlloc");
    return memory;
}

static void do_allocate(unsigned count, SIZE_T size)
{
    while (count--)
        VirtualFree(allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0, MEM_RELEASE);
}

static void do_reserve(unsigned count, SIZE_T size)
{
    while (count--)
        VirtualFree(allocate(size, MEM_RESERVE, PAGE_READWRITE), 0, MEM_RELEASE);
}

static void do_commit(unsigned count, SIZE_T size)
{
    static char *area;
    if (!area)
        area = allocate(GIB, MEM_RESERVE, PAGE_READWRITE);
    while (count--) {
        if (!VirtualAlloc(area + MIB, size, MEM_COMMIT, PAGE_READWRITE))
            bench_fail("commit");
        VirtualFree(area + MIB, size, MEM_DECOMMIT);
    }
}

static void do_protect(unsigned count, SIZE_T size)
{
    static char *area;
    DWORD old;
    if (!area) {
        area = allocate(MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        memset(area, 1, MIB);
    }
    for (unsigned i = 0; i < count; i++)
        VirtualProtect(area + 65536, size, i % 2 ? PAGE_READWRITE : PAGE_READONLY, &old);
    VirtualProtect(area + 65536, size, PAGE_READWRITE, &old);
}

/* `size` is the number of regions; every address asked for is in one of them. */
static char **region;
static SIZE_T regions;

static void do_query(unsigned count, SIZE_T size)
{
    MEMORY_BASIC_INFORMATION information;
    if (regions != size) {
        for (SIZE_T i = 0; i < regions; i++)
            VirtualFree(region[i], 0, MEM_RELEASE);
        region = (char **)realloc(region, size * sizeof *region);
        for (SIZE_T i = 0; i < size; i++)
            region[i] = allocate(64 * KIB, MEM_RESERVE | MEM_COMMIT, i % 2 ? PAGE_READWRITE : PAGE_READONLY);
        regions = size;
    }
    for (unsigned i = 0; i < count; i++)
        if (!VirtualQuery(region[(i * 7919u) % size] + 4096, &information, sizeof information))
            bench_fail("VirtualQuery");
}

static void do_query_big(unsigned count, SIZE_T size)
{
    static char *area;
    MEMORY_BASIC_INFORMATION information;
    if (!area)
        area = allocate(size, MEM_RESERVE, PAGE_READWRITE);
    for (unsigned i = 0; i < count; i++)
        if (!VirtualQuery(area + (i * 7919u * 65536ull) % size, &information, sizeof information))
            bench_fail("VirtualQuery");
}

#define LIVE 30000
static char *live[LIVE];

static void do_live(unsigned count, SIZE_T size)
{
    while (count--) {
        for (unsigned i = 0; i < LIVE; i++)
            live[i] = allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (unsigned i = 0; i < LIVE; i++)
            VirtualFree(live[i], 0, MEM_RELEASE);
    }
}

static void do_holes(unsigned count, SIZE_T size)
{
    while (count--) {
        for (unsigned i = 0; i < LIVE; i++)
            live[i] = allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (unsigned i = 0; i < LIVE; i += 2)
            VirtualFree(live[i], 0, MEM_RELEASE);
        for (unsigned i = 0; i < LIVE; i += 2)
            live[i] = allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (unsigned i = 0; i < LIVE; i++)
            VirtualFree(live[i], 0, MEM_RELEASE);
    }
}

static HANDLE section_of(HANDLE file, SIZE_T size)
{
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);
    if (!section)
        bench_fail("CreateFileMapping");
    return section;
}

static void map_and_unmap(HANDLE section)
{
    void *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!view)
        bench_fail("MapViewOfFile");
    UnmapViewOfFile(view);
}

static void do_section(unsigned count, SIZE_T size)
{
    while (count--) {
        HANDLE section = section_of(INVALID_HANDLE_VALUE, size);
        map_and_unmap(section);
        CloseHandle(section);
    }
}

static void do_file_section(unsigned count, SIZE_T size)
{
    static HANDLE file;
    if (!file) {
        file = CreateFileA("winmem-bench.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                           FILE_FLAG_DELETE_ON_CLOSE, NULL);
        if (file == INVALID_HANDLE_VALUE)
            bench_fail("CreateFile");
        CloseHandle(section_of(file, size));
    }
    while (count--) {
        HANDLE section = section_of(file, size);
        map_and_unmap(section);
        CloseHandle(section);
    }
}

static void do_view(unsigned count, SIZE_T size)
{
    static HANDLE section;
    if (!section)
        section = section_of(INVALID_HANDLE_VALUE, size);
    while (count--)
        map_and_unmap(section);
}

static void do_write_watch(unsigned count, SIZE_T size)
{
    static char *area;
    static void *address[16384];
    if (!area) {
        area = allocate(size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
        for (SIZE_T i = 0; i < size; i += 10 * 4096)
            area[i] = 1;
    }
    while (count--) {
        ULONG_PTR found = 16384;
        DWORD granularity;
        if (GetWriteWatch(0, area, size, address, &found, &granularity))
            bench_fail("GetWriteWatch");
    }
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    DWORD old;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    VirtualProtect((void *)record->ExceptionInformation[1], 1, PAGE_READWRITE, &old);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void do_repair(unsigned count, SIZE_T size)
{
    static char *area;
    DWORD old;
    if (!area) {
        area = allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        memset(area, 1, size);
    }
    void *handler = AddVectoredExceptionHandler(1, on_exception);
    while (count--) {
        VirtualProtect(area, 4096, PAGE_READONLY, &old);
        *(volatile char *)area = 1;
    }
    RemoveVectoredExceptionHandler(handler);
}

static void do_touch(unsigned count, SIZE_T size)
{
    while (count--) {
        char *area = allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (SIZE_T i = 0; i < size; i += 4096)
            *(volatile char *)(area + i) = 1;
        VirtualFree(area, 0, MEM_RELEASE);
    }
}

struct share {
    unsigned count;
    SIZE_T size;
};

static DWORD WINAPI one_thread(void *argument)
{
    const struct share *share = (const struct share *)argument;
    do_allocate(share->count, share->size);
    return 0;
}

static void do_two_threads(unsigned count, SIZE_T size)
{
    struct share share = {count, size};
    HANDLE thread[2];
    for (int i = 0; i < 2; i++) {
        thread[i] = CreateThread(NULL, 0, one_thread, &share, 0, NULL);
        if (!thread[i])
            bench_fail("CreateThread");
    }
    for (int i = 0; i < 2; i++) {
        WaitForSingleObject(thread[i], INFINITE);
        CloseHandle(thread[i]);
    }
}

static const struct {
    const char *name;
    const char *goal; /* "0.3": ratio to raw; "80 ns": absolute */
    bench_side *ours, *raw;
    SIZE_T size;
    unsigned count, rounds; /* count 0: calibrated */
    unsigned divide;        /* operations inside one */
} rows[] = {
    {"VirtualAlloc+Free 64 KiB", "1.1", do_allocate, RAW(allocate), 64 * KIB, 0, 21, 1},
    {"VirtualAlloc+Free 1 MiB", "1.1", do_allocate, RAW(allocate), MIB, 0, 21, 1},
    {"VirtualAlloc+Free 64 MiB", "1.1", do_allocate, RAW(allocate), 64 * MIB, 0, 21, 1},
    {"reserve+release 64 KiB", "0.3", do_reserve, RAW(reserve), 64 * KIB, 0, 21, 1},
    {"reserve+release 1 GiB", "0.3", do_reserve, RAW(reserve), GIB, 0, 21, 1},
    {"reserve+release 1 TiB", "0.3", do_reserve, RAW(reserve), 1024 * GIB, 0, 21, 1},
    {"commit+decommit 64 KiB", "1.0", do_commit, RAW(commit), 64 * KIB, 0, 21, 1},
    {"VirtualProtect one page", "1.1", do_protect, RAW(protect), 4 * KIB, 0, 21, 1},
    {"VirtualQuery, 10 regions", "80 ns", do_query, NULL, 10, 0, 11, 1},
    {"VirtualQuery, 1 000 regions", "80 ns", do_query, NULL, 1000, 0, 11, 1},
    {"VirtualQuery, 20 000 regions", "80 ns", do_query, NULL, 20000, 0, 11, 1},
    {"VirtualQuery, a 64 GiB region", "80 ns", do_query_big, NULL, 64 * GIB, 0, 11, 1},
    {"30 000 live allocations", "1.0", do_live, RAW(live), 64 * KIB, 1, 7, 2 * LIVE},
    {"30 000 live, every other freed", "1.0", do_holes, RAW(holes), 64 * KIB, 1, 7, 3 * LIVE},
    {"section create+map+unmap+close", "1.3", do_section, RAW(section), 64 * KIB, 0, 21, 1},
    {"the same of a file", "1.3", do_file_section, RAW(file_section), 64 * KIB, 0, 21, 1},
    {"view map+unmap", "1.2", do_view, RAW(view), 64 * KIB, 0, 21, 1},
    {"GetWriteWatch 64 MiB, 10 % written", "1.2", do_write_watch, RAW(write_watch), 64 * MIB, 0, 21, 1},
    {"access violation, repaired", "1.1", do_repair, RAW(repair), 64 * KIB, 0, 21, 1},
    {"first touch of 1 GiB", "0.4", do_touch, RAW(touch), GIB, 1, 5, 1},
    {"two threads: Alloc+Free 64 KiB", "1.0", do_two_threads, RAW(two_threads), 64 * KIB, 20000, 15, 1},
};

/* What --plain has printed under Wine for a row; 0: nothing. */
static double wine_time(const char *file, const char *name)
{
    char line[256];
    double found = 0;
    FILE *input = file ? fopen(file, "r") : NULL;
    while (input && fgets(line, sizeof line, input)) {
        char *tab = strchr(line, '\t');
        if (tab && (size_t)(tab - line) == strlen(name) && !strncmp(line, name, strlen(name)))
            found = atof(tab + 1);
    }
    if (input)
        fclose(input);
    return found;
}

static void print_wine(double wine, double ours)
{
    if (wine != 0)
        printf(" %10.0f | %8.1f |", wine, wine / ours);
    else
        printf(" %10s | %8s |", "", "");
}

static int is_asked(const char *name, char **part, int parts)
{
    for (int i = 0; i < parts; i++) {
        if (strstr(name, part[i]))
            return 1;
    }
    return parts == 0;
}

static void print_row(unsigned i, const struct bench_result *result, const char *wine)
{
    double value = result->raw != 0 ? result->ratio : result->ours;
    const char *verdict = value <= atof(rows[i].goal) ? "reached" : "missed";
    printf("| %-34s | %10.0f |", rows[i].name, result->ours / rows[i].divide);
    if (result->raw != 0)
        printf(" %10.0f | %5.2f | %5s | %-7s |", result->raw / rows[i].divide, result->ratio, rows[i].goal, verdict);
    else
        printf(" %10s | %5s | %5s | %-7s |", "", "", rows[i].goal, verdict);
    if (wine)
        print_wine(wine_time(wine, rows[i].name), result->ours / rows[i].divide);
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int plain = argc > 1 && !strcmp(argv[1], "--plain");
    const char *wine = argc > 2 && !strcmp(argv[1], "--wine") ? argv[2] : NULL;
    int next = plain ? 2 : wine ? 3 : 1;
    if (!plain) {
        printf("| %-34s | %10s | %10s | ratio |  goal | %-7s |%s\n", "operation", "winmem ns", "raw ns", "",
               wine ? "    wine ns | / winmem |" : "");
        printf("|------------------------------------|-----------:|-----------:|------:|------:|---------|%s\n",
               wine ? "-----------:|---------:|" : "");
    }
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!is_asked(rows[i].name, argv + next, argc - next))
            continue;
        if (rows[i].ours == do_write_watch && !raw_write_watch_works()) {
            printf("| %-34s | the kernel has no PAGEMAP_SCAN with WP_ASYNC |\n", rows[i].name);
            continue;
        }
        struct bench_result result =
            bench_pair(rows[i].ours, plain ? NULL : rows[i].raw, rows[i].size, rows[i].count, rows[i].rounds);
        if (plain) {
            printf("%s\t%.0f\n", rows[i].name, result.ours / rows[i].divide);
            fflush(stdout);
        } else {
            print_row(i, &result, wine);
        }
    }
    return 0;
}
