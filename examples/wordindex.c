/* wordindex: maps a text file and counts its words, in arrays that are only reserved: no array is ever enlarged by the
 * code that fills it. The first touch of a page that is not there yet raises an access violation; the exception filter
 * commits memory at that address and lets the same instruction run again.
 *
 * usage: wordindex FILE [COUNTS]      COUNTS receives "count word" for every word, in alphabetical order */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMIT_STEP ((SIZE_T)65536)
#define TOP 10

typedef struct {
    DWORD offset; /* of its first occurrence in the text */
    DWORD length;
    DWORD count;
    DWORD next; /* in its bucket: index + 1, 0 ends */
} WORD_ENTRY;

/* An array that grows when it is touched. */
typedef struct {
    const char *name;
    BYTE *base;
    SIZE_T reserved;
    DWORD grown; /* how many times the filter had to commit */
} GROWING;

enum { LINES, WORDS, BUCKETS, REPORT, ARRAYS };
static GROWING array[ARRAYS] = {
    {"lines: where each begins", NULL, (SIZE_T)1 << 32, 0},
    {"words: one record each", NULL, (SIZE_T)1 << 32, 0},
    {"buckets: hash table", NULL, (SIZE_T)1 << 22, 0},
    {"report: text to write", NULL, (SIZE_T)1 << 32, 0},
};

static const char *text;
static SIZE_T text_size;
static SIZE_T lines, words, different, report_size;

static void fail(const char *what)
{
    fprintf(stderr, "wordindex: %s: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

/* The exception filter. It runs before anything is unwound, so it can mend the cause and continue. */
static LONG grow(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    BYTE *address = (BYTE *)record->ExceptionInformation[1];
    for (int i = 0; i < ARRAYS; i++) {
        GROWING *a = &array[i];
        if (address < a->base || address >= a->base + a->reserved)
            continue;
        SIZE_T start = (SIZE_T)(address - a->base) / COMMIT_STEP * COMMIT_STEP;
        if (!VirtualAlloc(a->base + start, COMMIT_STEP, MEM_COMMIT, PAGE_READWRITE))
            return EXCEPTION_EXECUTE_HANDLER; /* no memory left: give up in the __except block */
        a->grown++;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH; /* a real mistake: not ours to hide */
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int is_letter(int c)
{
    c = lower(c);
    return c >= 'a' && c <= 'z';
}

static int compare_text(const char *a, SIZE_T a_length, const char *b, SIZE_T b_length)
{
    for (SIZE_T i = 0; i < a_length && i < b_length; i++) {
        int difference = lower(a[i]) - lower(b[i]);
        if (difference)
            return difference;
    }
    return a_length < b_length ? -1 : a_length > b_length;
}

static void count_word(SIZE_T offset, SIZE_T length, DWORD hash)
{
    DWORD *buckets = (DWORD *)array[BUCKETS].base;
    WORD_ENTRY *entry = (WORD_ENTRY *)array[WORDS].base;
    DWORD *bucket = &buckets[hash % (array[BUCKETS].reserved / sizeof(DWORD))];
    words++;
    for (DWORD i = *bucket; i; i = entry[i - 1].next) {
        if (!compare_text(text + entry[i - 1].offset, entry[i - 1].length, text + offset, length)) {
            entry[i - 1].count++;
            return;
        }
    }
    WORD_ENTRY *fresh = &entry[different]; /* nobody asks whether this element exists */
    fresh->offset = (DWORD)offset;
    fresh->length = (DWORD)length;
    fresh->count = 1;
    fresh->next = *bucket;
    *bucket = (DWORD)++different;
}

static void build_index(void)
{
    DWORD *line = (DWORD *)array[LINES].base;
    SIZE_T position = 0;
    line[0] = 0;
    while (position < text_size) {
        if (!is_letter(text[position])) {
            if (text[position] == '\n')
                line[++lines] = (DWORD)position + 1;
            position++;
            continue;
        }
        SIZE_T start = position;
        DWORD hash = 2166136261u;
        while (position < text_size && is_letter(text[position]))
            hash = (hash ^ (DWORD)lower(text[position++])) * 16777619u;
        count_word(start, position - start, hash);
    }
}

static int by_text(const void *left, const void *right)
{
    const WORD_ENTRY *a = (const WORD_ENTRY *)left;
    const WORD_ENTRY *b = (const WORD_ENTRY *)right;
    return compare_text(text + a->offset, a->length, text + b->offset, b->length);
}

static int by_count(const void *left, const void *right)
{
    const WORD_ENTRY *a = (const WORD_ENTRY *)left;
    const WORD_ENTRY *b = (const WORD_ENTRY *)right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return by_text(left, right);
}

static void write_report(void)
{
    const WORD_ENTRY *entry = (const WORD_ENTRY *)array[WORDS].base;
    char *out = (char *)array[REPORT].base;
    for (SIZE_T i = 0; i < different; i++) {
        char number[16];
        int digits = sprintf(number, "%lu ", (unsigned long)entry[i].count);
        for (int j = 0; j < digits; j++)
            out[report_size++] = number[j];
        for (DWORD j = 0; j < entry[i].length; j++)
            out[report_size++] = (char)lower(text[entry[i].offset + j]);
        out[report_size++] = '\n';
    }
}

/* Everything that touches the growing arrays runs inside this one __try. */
static void run(void (*work)(void))
{
    __try {
        work();
    } __except (grow(GetExceptionInformation())) {
        fprintf(stderr, "wordindex: out of memory\n");
        exit(1);
    }
}

static void save_report(const char *path)
{
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail(path);
    DWORD written = 0;
    if (!WriteFile(file, array[REPORT].base, (DWORD)report_size, &written, NULL) || written != report_size)
        fail("WriteFile");
    CloseHandle(file);
}

static const char *state_name(DWORD state)
{
    return state == MEM_COMMIT ? "committed" : state == MEM_RESERVE ? "reserved" : "free";
}

/* One of our own allocations: its base, then how much of it is in which state, from VirtualQuery. */
static void show_allocation(const char *name, const BYTE *base)
{
    MEMORY_BASIC_INFORMATION information;
    unsigned long long committed = 0, reserved = 0;
    DWORD regions = 0;
    const BYTE *at = base;
    while (VirtualQuery(at, &information, sizeof information) && information.AllocationBase == (PVOID)base) {
        *(information.State == MEM_COMMIT ? &committed : &reserved) += information.RegionSize;
        regions++;
        at = (const BYTE *)information.BaseAddress + information.RegionSize;
    }
    printf("  %p  %-26s %8llu KiB %12llu KiB %5lu\n", (const void *)base, name, committed / 1024, reserved / 1024,
           (unsigned long)regions);
}

static void show_address_space(void)
{
    static const struct {
        const char *name;
        DWORD state, type;
    } kind[] = {
        {"free", MEM_FREE, 0},
        {"private, reserved", MEM_RESERVE, MEM_PRIVATE},
        {"private, committed", MEM_COMMIT, MEM_PRIVATE},
        {"mapped files and sections", MEM_COMMIT, MEM_MAPPED},
        {"program and libraries", MEM_COMMIT, MEM_IMAGE},
    };
    enum { KINDS = sizeof kind / sizeof kind[0] };
    unsigned long long size[KINDS + 1] = {0}, count[KINDS + 1] = {0};
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    MEMORY_BASIC_INFORMATION information;
    const BYTE *at = NULL;
    while (at <= (const BYTE *)system.lpMaximumApplicationAddress &&
           VirtualQuery(at, &information, sizeof information)) {
        int k = 0;
        while (k < KINDS && !(kind[k].state == information.State && kind[k].type == information.Type))
            k++;
        size[k] += information.RegionSize;
        count[k]++;
        at = (const BYTE *)information.BaseAddress + information.RegionSize;
    }
    printf("  %-28s %8s %16s\n", "state", "regions", "KiB");
    for (int k = 0; k <= KINDS; k++)
        if (count[k])
            printf("  %-28s %8llu %16llu\n", k < KINDS ? kind[k].name : "other", count[k], size[k] / 1024);
}

static void show_result(void)
{
    WORD_ENTRY *entry = (WORD_ENTRY *)array[WORDS].base;
    qsort(entry, different, sizeof *entry, by_count);
    printf("\n%llu bytes, %llu lines, %llu words, %llu different\n\n", (unsigned long long)text_size,
           (unsigned long long)lines, (unsigned long long)words, (unsigned long long)different);
    printf("The %d most frequent words:\n", TOP);
    for (SIZE_T i = 0; i < TOP && i < different; i++) {
        printf("  %8lu ", (unsigned long)entry[i].count);
        for (DWORD j = 0; j < entry[i].length; j++)
            putchar(lower(text[entry[i].offset + j]));
        putchar('\n');
    }
    DWORD grown = 0;
    for (int i = 0; i < ARRAYS; i++)
        grown += array[i].grown;
    printf("\nThe arrays grew %lu times, each time by an access violation that the filter repaired.\n",
           (unsigned long)grown);
}

static void map_text(const char *path)
{
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail(path);
    LARGE_INTEGER size;
    if (!GetFileSizeEx(file, &size))
        fail("GetFileSizeEx");
    if (size.QuadPart >= 0xFFFFFFFFll) {
        fprintf(stderr, "wordindex: %s: files of 4 GiB and more are not indexed\n", path);
        exit(1);
    }
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    if (!section)
        fail("CreateFileMapping");
    text = (const char *)MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    if (!text)
        fail("MapViewOfFile");
    text_size = (SIZE_T)size.QuadPart;
    /* The view keeps the section and the file alive. */
    CloseHandle(section);
    CloseHandle(file);
}

static void sort_by_text(void)
{
    qsort(array[WORDS].base, different, sizeof(WORD_ENTRY), by_text);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: wordindex FILE [COUNTS]\n");
        return 2;
    }
    map_text(argv[1]);
    for (int i = 0; i < ARRAYS; i++) {
        array[i].base = (BYTE *)VirtualAlloc(NULL, array[i].reserved, MEM_RESERVE, PAGE_READWRITE);
        if (!array[i].base)
            fail("VirtualAlloc(MEM_RESERVE)");
    }
    run(build_index);
    if (argc == 3) {
        sort_by_text();
        run(write_report);
        save_report(argv[2]);
    }
    show_result();

    printf("\nWhere that lies, as VirtualQuery says:\n");
    printf("  %-14s  %-26s %12s %16s %5s\n", "address", "what", "committed", "only reserved", "parts");
    show_allocation("the file, mapped", (const BYTE *)text);
    for (int i = 0; i < ARRAYS; i++)
        show_allocation(array[i].name, array[i].base);
    printf("\nThe whole address space, walked from 0 to its end (%s is what costs memory):\n", state_name(MEM_COMMIT));
    show_address_space();

    for (int i = 0; i < ARRAYS; i++)
        if (!VirtualFree(array[i].base, 0, MEM_RELEASE))
            fail("VirtualFree");
    if (!UnmapViewOfFile(text))
        fail("UnmapViewOfFile");
    return 0;
}
