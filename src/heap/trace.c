/* trace.c: who allocated what (WINMEM_HEAP_TRACE): a record per live block with the call stack that made it, and the
 * report of what is still live when the process ends. Own pages, own output; must not allocate. */
#include "heap/internal.h"
#include "heap/trace.h"

#include <dlfcn.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <unwind.h>

#include "host/fork.h"
#include "host/memory.h"

#define FRAMES 8
#define SKIPPED_STATIC 3
#define FIRST_RECORDS 65536u

struct record {
    union {
        void *block;  /* NULL: never used; TOMBSTONE: forgotten */
        size_t count; /* in the report: blocks of one site */
    };
    size_t size;
    void *frames[FRAMES];
};
#define TOMBSTONE ((void *)1)

static struct {
    host_lock lock;
    struct record *records;
    size_t count, filled; /* a power of two; used or forgotten */
} trace_state = {.lock = HOST_LOCK(RANK_HEAP_POOL)};
HOST_LOCK_AT_FORK(trace_state.lock, RANK_HEAP_POOL)

static __thread bool inside;

struct walk {
    void **frames;
    unsigned depth, skipped;
};

/* The file that this is linked into: the library's, or a program's. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool is_of_this_file(uintptr_t address)
{
    uintptr_t start = (uintptr_t)&__ehdr_start, end = start;
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)(start + __ehdr_start.e_phoff), *first = NULL;
    for (unsigned i = 0; i < __ehdr_start.e_phnum; i++) {
        if (header[i].p_type != PT_LOAD)
            continue;
        first = first ? first : &header[i];
        end = start + header[i].p_vaddr - first->p_vaddr + header[i].p_memsz;
    }
    return address >= start && address < end;
}

/* The library's own frames are nobody's call site. Where it is part of the program they are as many as there are
 * between here and the first that may be another's. */
static bool is_own(const struct walk *walk, uintptr_t address)
{
    if (is_of_this_file(getauxval(AT_PHDR)))
        return walk->skipped < SKIPPED_STATIC;
    return is_of_this_file(address);
}

static _Unwind_Reason_Code frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    uintptr_t address = _Unwind_GetIP(context);
    if (!walk->depth && is_own(walk, address)) {
        walk->skipped++;
        return _URC_NO_REASON;
    }
    walk->frames[walk->depth++] = (void *)address;
    return walk->depth < FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static size_t hash(const void *block)
{
    return ((uintptr_t)block >> 4) * 0x9E3779B97F4A7C15u >> 20;
}

/* The block's record, or where it would go. */
static struct record *find_locked(const void *block)
{
    struct record *grave = NULL;
    for (size_t at = hash(block);; at++) {
        struct record *record = &trace_state.records[at & (trace_state.count - 1)];
        if (record->block == block)
            return record;
        if (record->block == TOMBSTONE && !grave)
            grave = record;
        if (!record->block)
            return grave ? grave : record;
    }
}

static bool grow_locked(void)
{
    struct record *old = trace_state.records;
    size_t old_count = trace_state.count, count = old_count ? old_count * 2 : FIRST_RECORDS;
    void *pages;
    if (host_pages_map(&pages, count * sizeof(*old)) != 0)
        return false;
    trace_state.records = pages;
    trace_state.count = count;
    trace_state.filled = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].block && old[i].block != TOMBSTONE) {
            *find_locked(old[i].block) = old[i];
            trace_state.filled++;
        }
    }
    if (old)
        host_pages_unmap(old, old_count * sizeof(*old));
    return true;
}

void trace_note(void *block, size_t size)
{
    struct record fresh = {.block = block, .size = size};
    if (inside)
        return;
    inside = true; /* the unwinder may allocate */
    struct walk walk = {.frames = fresh.frames};
    _Unwind_Backtrace(frame, &walk);
    host_lock_acquire(&trace_state.lock);
    if (trace_state.filled * 4 < trace_state.count * 3 || grow_locked()) {
        struct record *record = find_locked(block);
        trace_state.filled += !record->block;
        *record = fresh;
    }
    host_lock_release(&trace_state.lock);
    inside = false;
}

void trace_forget(void *block)
{
    host_lock_acquire(&trace_state.lock);
    if (trace_state.count) {
        struct record *record = find_locked(block);
        if (record->block == block)
            record->block = TOMBSTONE;
    }
    host_lock_release(&trace_state.lock);
}

/* --- the report --- */

static bool same_site(const struct record *a, const struct record *b)
{
    return memcmp(a->frames, b->frames, sizeof(a->frames)) == 0;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    ssize_t written = write(2, line, length < (int)sizeof(line) ? (size_t)length : sizeof(line) - 1);
    (void)written;
}

static void say_site(const struct record *record)
{
    for (unsigned i = 0; i < FRAMES && record->frames[i]; i++) {
        Dl_info info = {0};
        dladdr(record->frames[i], &info);
        const char *file = info.dli_fname ? info.dli_fname : "?";
        size_t offset = (size_t)((uint8_t *)record->frames[i] - (uint8_t *)info.dli_fbase);
        say("    %p %s+0x%zx %s\n", record->frames[i], file, offset, info.dli_sname ? info.dli_sname : "");
    }
}

static bool by_site(const struct record *a, const struct record *b)
{
    return memcmp(a->frames, b->frames, sizeof(a->frames)) < 0;
}

static bool by_size(const struct record *a, const struct record *b)
{
    return a->size > b->size;
}

/* By a heap in place: the C library's may allocate. */
static void sort(struct record *records, size_t count, bool (*before)(const struct record *, const struct record *))
{
    for (size_t left = count / 2, end = count; end > 1;) {
        struct record moving;
        if (left) {
            moving = records[--left];
        } else {
            moving = records[--end];
            records[end] = records[0];
        }
        size_t at = left, below;
        for (; (below = at * 2 + 1) < end; at = below) {
            if (below + 1 < end && before(&records[below], &records[below + 1]))
                below++;
            if (!before(&moving, &records[below]))
                break;
            records[at] = records[below];
        }
        records[at] = moving;
    }
}

/* One record a site, which holds its blocks and bytes. */
static size_t join_sites(struct record *records, size_t count)
{
    size_t live = 0, sites = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].block && records[i].block != TOMBSTONE)
            records[live++] = records[i];
    }
    sort(records, live, by_site);
    for (size_t i = 0; i < live; i++) {
        if (!sites || !same_site(&records[sites - 1], &records[i])) {
            records[sites] = records[i];
            records[sites++].count = 1;
        } else {
            records[sites - 1].size += records[i].size;
            records[sites - 1].count++;
        }
    }
    sort(records, sites, by_size);
    return sites;
}

/* Every live block by where it came from, the most bytes first. Records are used up: the process ends. */
void trace_report(void)
{
    size_t blocks = 0, bytes = 0;
    host_lock_acquire(&trace_state.lock);
    struct record *records = trace_state.records;
    size_t count = trace_state.count;
    trace_state.records = NULL;
    trace_state.count = trace_state.filled = 0;
    host_lock_release(&trace_state.lock);
    size_t sites = join_sites(records, count);
    for (size_t i = 0; i < sites; i++) {
        say("winmem: %zu bytes in %zu blocks still allocated, from\n", records[i].size, records[i].count);
        say_site(&records[i]);
        blocks += records[i].count;
        bytes += records[i].size;
    }
    say("winmem: %zu bytes in %zu blocks still allocated in all\n", bytes, blocks);
}

__attribute__((destructor)) static void report_at_end(void)
{
    if (heap_state.trace)
        trace_report();
}
