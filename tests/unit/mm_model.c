/* 100 000 random operations on the address space against a page-by-page model: the status of every call, the answers
 * of queries around the change after every step, all pages and what the kernel has mapped regularly. Then the same
 * with host calls that fail: a failed call must leave everything as it was. Seeded: argument 1. */
#include "check.h"
#include "host/gate.h"
#include "host/proc.h"
#include "mm/space.h"

#include <errno.h>
#include <string.h>

#define PAGES 1024
#define STEPS 100000

/* One page of the model. `owner` counts allocations from 1; 0 is free. */
struct page {
    unsigned owner;
    bool committed;
    ULONG protect;
};
struct owner {
    unsigned start, end;
    ULONG protect;
    bool placeholder, replaced;
};
static struct page pages[PAGES];
static struct page saved_pages[PAGES];
static struct owner owners[STEPS * 3 + 10];
static unsigned owner_count;
static unsigned saved_count;
static char *window;
static uint64_t seed = 0x9E3779B97F4A7C15u;
static long step;

static uint64_t next_random(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

static const ULONG protections[] = {PAGE_NOACCESS,
                                    PAGE_READONLY,
                                    PAGE_READWRITE,
                                    PAGE_READWRITE,
                                    PAGE_EXECUTE_READ,
                                    PAGE_EXECUTE_READWRITE,
                                    PAGE_READWRITE | PAGE_GUARD,
                                    PAGE_READONLY | PAGE_NOCACHE};

static ULONG random_protect(void)
{
    return protections[next_random(sizeof(protections) / sizeof(protections[0]))];
}

static unsigned new_owner(unsigned start, unsigned end, ULONG protect, bool placeholder)
{
    owners[++owner_count] = (struct owner){.start = start, .end = end, .protect = protect, .placeholder = placeholder};
    for (unsigned i = start; i < end; i++)
        pages[i].owner = owner_count;
    return owner_count;
}

static bool all_free(unsigned start, unsigned end)
{
    for (unsigned i = start; i < end; i++) {
        if (pages[i].owner)
            return false;
    }
    return true;
}

static void commit_pages(unsigned start, unsigned end, ULONG protect)
{
    for (unsigned i = start; i < end; i++) {
        pages[i].committed = true;
        pages[i].protect = protect;
    }
}

static void forget_pages(unsigned start, unsigned end, bool also_owner)
{
    for (unsigned i = start; i < end; i++) {
        pages[i].committed = false;
        pages[i].protect = 0;
        if (also_owner)
            pages[i].owner = 0;
    }
}

/* An address range of the window; in bytes, not aligned to anything. */
static void random_range(uintptr_t *offset, size_t *size)
{
    size_t longest = next_random(8) == 0 ? 200 : 20;
    *offset = next_random(PAGES - 201) * 4096 + (next_random(3) ? 0 : next_random(4096));
    *size = 1 + next_random(longest * 4096);
    if (next_random(3)) { /* often something that begins where an allocation does */
        unsigned at = (unsigned)(*offset / 4096);
        if (pages[at].owner) {
            const struct owner *owner = &owners[pages[at].owner];
            *offset = (uintptr_t)owner->start * 4096;
            if (next_random(2))
                *size = (size_t)(owner->end - owner->start) * 4096;
        }
    }
}

static unsigned first_page(uintptr_t offset)
{
    return (unsigned)(offset / 4096);
}
static unsigned end_page(uintptr_t offset, size_t size)
{
    return (unsigned)((offset + size + 4095) / 4096);
}

/* What a call is expected to do, computed without touching the model, and done when it has succeeded. */
static NTSTATUS expect_reserve(unsigned start, unsigned end)
{
    return all_free(start, end) ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

static NTSTATUS expect_commit(unsigned start, unsigned end)
{
    unsigned owner = pages[start].owner;
    if (!owner || end > owners[owner].end || owners[owner].placeholder)
        return STATUS_CONFLICTING_ADDRESSES;
    return STATUS_SUCCESS;
}

static bool exact_placeholder(unsigned start, unsigned end)
{
    const struct owner *owner = &owners[pages[start].owner];
    return pages[start].owner && owner->placeholder && owner->start == start && owner->end == end;
}

static void do_allocate(void)
{
    static const ULONG types[] = {MEM_RESERVE,
                                  MEM_COMMIT,
                                  MEM_COMMIT,
                                  MEM_RESERVE | MEM_COMMIT,
                                  MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
                                  MEM_RESERVE | MEM_REPLACE_PLACEHOLDER,
                                  MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
                                  MEM_RESET};
    ULONG type = types[next_random(sizeof(types) / sizeof(types[0]))];
    ULONG protect = type & MEM_RESERVE_PLACEHOLDER ? PAGE_NOACCESS : random_protect();
    uintptr_t offset;
    size_t size;
    random_range(&offset, &size);
    unsigned start = first_page(offset);
    unsigned end = end_page(offset, size);
    bool replace = (type & MEM_REPLACE_PLACEHOLDER) != 0;
    bool reserve = (type & MEM_RESERVE) != 0;
    NTSTATUS want;
    if (reserve && !replace)
        start &= ~15u;
    if (type == MEM_RESET) {
        want =
            pages[start].owner && end <= owners[pages[start].owner].end ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
        for (unsigned i = start; i < end && want == STATUS_SUCCESS; i++)
            want = pages[i].committed ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    } else if (replace) {
        want = exact_placeholder(start, end) ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    } else {
        want = reserve ? expect_reserve(start, end) : expect_commit(start, end);
    }
    void *base = window + offset;
    NTSTATUS have = mm_allocate(&base, &size, type, protect, NULL);
    if (host_gate && have != want && !NT_SUCCESS(have))
        return; /* a host call has failed */
    CHECK_EQ(have, want);
    if (!NT_SUCCESS(have) || type == MEM_RESET)
        return;
    CHECK(base == window + (size_t)start * 4096 && size == (size_t)(end - start) * 4096);
    if (replace) {
        struct owner *owner = &owners[pages[start].owner];
        owner->placeholder = false;
        owner->replaced = true;
        owner->protect = protect;
    } else if (reserve) {
        new_owner(start, end, protect, (type & MEM_RESERVE_PLACEHOLDER) != 0);
    }
    if (type & MEM_COMMIT)
        commit_pages(start, end, protect);
}

static NTSTATUS expect_free(uintptr_t offset, size_t size, ULONG type, unsigned *start, unsigned *end)
{
    *start = first_page(offset);
    unsigned number = pages[*start].owner;
    const struct owner *owner = &owners[number];
    if (!number)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (size == 0) {
        if (*start != owner->start)
            return STATUS_FREE_VM_NOT_AT_BASE;
        *end = owner->end;
    } else {
        *end = end_page(offset, size);
        if (*end > owner->end)
            return STATUS_UNABLE_TO_FREE_VM;
    }
    return type == MEM_DECOMMIT && owner->placeholder ? STATUS_UNABLE_TO_FREE_VM : STATUS_SUCCESS;
}

/* The parts of an allocation beside [start, end) become allocations of their own. */
static void split_owner(unsigned start, unsigned end)
{
    struct owner old = owners[pages[start].owner];
    if (end < old.end) {
        new_owner(end, old.end, old.protect, old.placeholder);
        owners[owner_count].replaced = old.replaced;
    }
    if (old.start < start) {
        owners[pages[old.start].owner].end = start;
        new_owner(start, end, old.protect, old.placeholder);
        owners[owner_count].replaced = old.replaced;
    } else {
        owners[pages[start].owner].end = end;
    }
}

static void do_free(void)
{
    uintptr_t offset;
    size_t size;
    unsigned start, end = 0;
    ULONG type = next_random(2) ? MEM_DECOMMIT : MEM_RELEASE;
    random_range(&offset, &size);
    if (next_random(2))
        size = 0;
    NTSTATUS want = expect_free(offset, size, type, &start, &end);
    void *base = window + offset;
    NTSTATUS have = mm_free(&base, &size, type);
    if (host_gate && have != want && !NT_SUCCESS(have))
        return;
    CHECK_EQ(have, want);
    if (!NT_SUCCESS(have))
        return;
    CHECK(base == window + (size_t)start * 4096 && size == (size_t)(end - start) * 4096);
    if (type == MEM_RELEASE)
        split_owner(start, end);
    forget_pages(start, end, type == MEM_RELEASE);
}

static void do_preserve(void)
{
    uintptr_t offset;
    size_t size;
    random_range(&offset, &size);
    unsigned start = first_page(offset);
    unsigned end = end_page(offset, size);
    unsigned number = pages[start].owner;
    const struct owner *owner = &owners[number];
    NTSTATUS want = STATUS_SUCCESS;
    bool whole = number && owner->start == start && owner->end == end;
    if (!number)
        want = STATUS_MEMORY_NOT_ALLOCATED;
    else if (owner->replaced ? !whole : !owner->placeholder || end > owner->end || whole)
        want = STATUS_CONFLICTING_ADDRESSES;
    void *base = window + offset;
    NTSTATUS have = mm_free(&base, &size, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
    if (host_gate && have != want && !NT_SUCCESS(have))
        return;
    CHECK_EQ(have, want);
    if (!NT_SUCCESS(have))
        return;
    if (owner->replaced) {
        forget_pages(start, end, false);
        owners[number].replaced = false;
        owners[number].placeholder = true;
        owners[number].protect = PAGE_NOACCESS;
    } else {
        split_owner(start, end);
    }
}

static void do_coalesce(void)
{
    uintptr_t offset;
    size_t size;
    random_range(&offset, &size);
    unsigned start = first_page(offset);
    if (pages[start].owner && next_random(4)) { /* as far as placeholders go */
        unsigned stop = start;
        while (stop < PAGES && pages[stop].owner && owners[pages[stop].owner].placeholder)
            stop = owners[pages[stop].owner].end;
        if (stop > start) {
            offset = (uintptr_t)start * 4096;
            size = (size_t)(stop - start) * 4096;
        }
    }
    unsigned end = end_page(offset, size);
    unsigned pieces = 0;
    bool good = pages[start].owner && owners[pages[start].owner].start == start;
    for (unsigned i = start; i < end && good; pieces++) {
        const struct owner *owner = &owners[pages[i].owner];
        good = pages[i].owner && owner->placeholder && owner->end <= end;
        i = owner->end;
    }
    NTSTATUS want = good && pieces > 1 ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    void *base = window + offset;
    NTSTATUS have = mm_free(&base, &size, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
    if (host_gate && have != want && !NT_SUCCESS(have))
        return;
    CHECK_EQ(have, want);
    if (NT_SUCCESS(have))
        new_owner(start, end, PAGE_NOACCESS, true);
}

static void do_protect(void)
{
    uintptr_t offset;
    size_t size;
    ULONG old = 0;
    ULONG protect = random_protect();
    random_range(&offset, &size);
    unsigned start = first_page(offset);
    unsigned end = end_page(offset, size);
    unsigned number = pages[start].owner;
    NTSTATUS want = STATUS_SUCCESS;
    if (!number)
        want = STATUS_CONFLICTING_ADDRESSES;
    else if (owners[number].placeholder)
        want = STATUS_NOT_COMMITTED;
    else if (end > owners[number].end)
        want = STATUS_CONFLICTING_ADDRESSES;
    for (unsigned i = start; i < end && want == STATUS_SUCCESS; i++)
        want = pages[i].committed ? STATUS_SUCCESS : STATUS_NOT_COMMITTED;
    void *base = window + offset;
    NTSTATUS have = mm_protect(&base, &size, protect, &old);
    if (host_gate && have != want && !NT_SUCCESS(have))
        return;
    CHECK_EQ(have, want);
    if (!NT_SUCCESS(have))
        return;
    CHECK_EQ(old, pages[start].protect);
    commit_pages(start, end, protect);
}

static bool allows(ULONG protect, unsigned operation)
{
    ULONG base = protect & 0xff;
    if (operation == 1)
        return base == PAGE_READWRITE || base == PAGE_EXECUTE_READWRITE;
    if (operation == 8)
        return base == PAGE_EXECUTE_READ || base == PAGE_EXECUTE_READWRITE;
    return base != PAGE_NOACCESS;
}

static void do_fault(void)
{
    static const unsigned operations[] = {0, 1, 8};
    unsigned at = (unsigned)next_random(PAGES);
    struct mm_fault fault = {.address = (uintptr_t)window + at * 4096ul + next_random(4096),
                             .operation = operations[next_random(3)]};
    struct page *page = &pages[at];
    enum mm_fault_verdict verdict = mm_fault(&fault);
    if (page->committed && page->protect & PAGE_GUARD) {
        CHECK_EQ(verdict, MM_FAULT_RAISE);
        if (host_gate && fault.status == (NTSTATUS)STATUS_NO_MEMORY)
            return;
        CHECK_EQ(fault.status, (NTSTATUS)STATUS_GUARD_PAGE_VIOLATION);
        page->protect &= ~(ULONG)PAGE_GUARD;
    } else if (page->committed && allows(page->protect, fault.operation)) {
        CHECK_EQ(verdict, MM_FAULT_RESOLVED);
    } else {
        CHECK_EQ(verdict, MM_FAULT_RAISE);
        CHECK_EQ(fault.status, (NTSTATUS)STATUS_ACCESS_VIOLATION);
    }
}

static bool same_page(unsigned a, unsigned b)
{
    return pages[a].owner == pages[b].owner && pages[a].committed == pages[b].committed &&
           pages[a].protect == pages[b].protect;
}

static unsigned check_query(unsigned at)
{
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(mm_query(window + at * 4096ul + 5, &mbi) == STATUS_SUCCESS);
    unsigned end = at + 1;
    while (end < PAGES && same_page(at, end))
        end++;
    const struct owner *owner = &owners[pages[at].owner];
    CHECK(mbi.BaseAddress == window + at * 4096ul);
    if (end < PAGES)
        CHECK_EQ(mbi.RegionSize, (end - at) * 4096ul);
    if (!pages[at].owner) {
        CHECK(mbi.State == MEM_FREE && mbi.Protect == PAGE_NOACCESS && !mbi.AllocationBase && !mbi.AllocationProtect);
        return end;
    }
    CHECK_EQ(mbi.State, pages[at].committed ? MEM_COMMIT : MEM_RESERVE);
    CHECK_EQ(mbi.Protect, pages[at].protect);
    CHECK(mbi.AllocationBase == window + owner->start * 4096ul);
    CHECK_EQ(mbi.AllocationProtect, owner->protect);
    return end;
}

static unsigned kernel_access(const struct page *page)
{
    if (!page->committed || page->protect & PAGE_GUARD)
        return HOST_NONE;
    switch (page->protect & 0xff) {
    case PAGE_READONLY:
        return HOST_READ;
    case PAGE_READWRITE:
        return HOST_READ | HOST_WRITE;
    case PAGE_EXECUTE_READ:
        return HOST_READ | HOST_EXECUTE;
    case PAGE_EXECUTE_READWRITE:
        return HOST_READ | HOST_WRITE | HOST_EXECUTE;
    default:
        return HOST_NONE;
    }
}

static void check_kernel(void)
{
    struct host_mapping mapping = {.end = 0};
    for (unsigned i = 0; i < PAGES; i++) {
        uintptr_t at = (uintptr_t)window + i * 4096ul;
        if (at >= mapping.end)
            REQUIRE(host_mapping_find(at, &mapping, NULL, 0) == 0);
        unsigned access = mapping.start <= at ? mapping.access : HOST_NONE;
        CHECK_EQ(access, kernel_access(&pages[i]));
    }
}

static void check_all(void)
{
    for (unsigned i = 0; i < PAGES;)
        i = check_query(i);
    check_kernel();
    const char *wrong = space_validate();
    if (wrong)
        fprintf(stderr, "step %ld: %s\n", step, wrong);
    CHECK(wrong == NULL);
}

static void check_around_changes(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        if (memcmp(&pages[i], &saved_pages[i], sizeof(pages[i])) == 0)
            continue;
        check_query(i > 0 ? i - 1 : i);
        i = check_query(i);
        if (i < PAGES)
            check_query(i);
    }
}

static void one_step(void)
{
    static void (*const operations[])(void) = {do_allocate, do_allocate, do_allocate, do_free,     do_free,
                                               do_protect,  do_protect,  do_fault,    do_preserve, do_coalesce};
    memcpy(saved_pages, pages, sizeof(pages));
    saved_count = owner_count;
    unsigned operation = (unsigned)next_random(sizeof(operations) / sizeof(operations[0]));
    operations[operation]();
    check_around_changes();
    check_query((unsigned)next_random(PAGES));
}

/* The n-th host call of an operation fails; what is called to undo the others succeeds. */
static unsigned fail_at, calls;

static int failing_gate(const char *call)
{
    if (strcmp(call, "mapping_find") == 0)
        return 0;
    return ++calls == fail_at ? -ENOMEM : 0;
}

static void run(char *at, long steps, bool failing)
{
    window = at;
    memset(pages, 0, sizeof(pages));
    for (step = 0; step < steps && check_failures == 0; step++) {
        if (failing) {
            calls = 0;
            fail_at = 1 + (unsigned)next_random(4);
            host_gate = next_random(3) ? failing_gate : NULL;
        }
        one_step();
        host_gate = NULL;
        if (step % (failing ? 16 : 64) == 0)
            check_all();
    }
    check_all();
    if (check_failures)
        fprintf(stderr, "failed at step %ld, seed argument reproduces\n", step);
}

/* Everything in the window goes, and the commit charge with it. */
static void release_all(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        void *base = window + i * 4096ul;
        size_t size = 0;
        if (pages[i].owner && owners[pages[i].owner].start == i)
            CHECK_EQ(mm_free(&base, &size, MEM_RELEASE), STATUS_SUCCESS);
    }
    memset(pages, 0, sizeof(pages));
    check_all();
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed += strtoull(argv[1], NULL, 0) * 2654435761u;
    mm_start();
    char *inside =
        (char *)(mm_state.arena.held ? mm_state.arena.end - (64u << 20) : mm_state.arena.start + (1ull << 40));
    inside = (char *)((uintptr_t)inside & ~(uintptr_t)65535);
    run(inside, STEPS, false);
    release_all();
    run((char *)0x60000000, STEPS / 10, false); /* outside the arena, where the place is held */
    release_all();
    owner_count = 0;
    run(inside, STEPS / 4, true);
    release_all();
    run((char *)0x60000000, STEPS / 10, true);
    release_all();
    return CHECK_DONE();
}
