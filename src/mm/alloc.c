/* alloc.c: mm_allocate: reserve, commit, reset. Checks in the order of the Nt call; then everything or nothing.
 * Calls its siblings in mm, host and pager. */
#include "host/capability.h"
#include "mm/placeholder.h"
#include "mm/quick.h"
#include "mm/space.h"
#include "mm/writewatch.h"
#include "pager/pager.h"

#include <errno.h>

#define KNOWN_TYPES                                                                                                    \
    (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL |           \
     MEM_LARGE_PAGES | MEM_REPLACE_PLACEHOLDER | MEM_RESERVE_PLACEHOLDER)

struct request {
    uint64_t start, end;             /* pages; of an address the system chooses only their difference counts */
    uint64_t whole_start, whole_end; /* the pages that lie in the range entirely: what MEM_RESET may drop */
    bool anywhere;
    ULONG type;
    ULONG protect;
    unsigned attributes;
    const struct mm_constraints *constraints;
};

static bool reset_only(ULONG type)
{
    return type == MEM_RESET || type == MEM_RESET_UNDO;
}

static NTSTATUS check_type(ULONG type)
{
    const ULONG placeholder = MEM_REPLACE_PLACEHOLDER | MEM_RESERVE_PLACEHOLDER;
    if (type & ~KNOWN_TYPES || !(type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO)))
        return STATUS_INVALID_PARAMETER_5;
    if (type & (MEM_RESET | MEM_RESET_UNDO))
        return reset_only(type) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_5;
    if (type & (MEM_WRITE_WATCH | placeholder) && !(type & MEM_RESERVE))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_RESERVE_PLACEHOLDER && type & ~(MEM_RESERVE | MEM_RESERVE_PLACEHOLDER | MEM_TOP_DOWN))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_LARGE_PAGES && (!(type & MEM_COMMIT) || type & (MEM_PHYSICAL | MEM_WRITE_WATCH)))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_PHYSICAL && type & ~(MEM_PHYSICAL | MEM_RESERVE | MEM_TOP_DOWN))
        return STATUS_INVALID_PARAMETER_5;
    return STATUS_SUCCESS;
}

static NTSTATUS check_protect(ULONG type, ULONG protect, unsigned *attributes)
{
    NTSTATUS status = protection_parse(protect, attributes);
    if (!NT_SUCCESS(status))
        return status;
    ULONG base = protect & 0xff;
    if (base == PAGE_WRITECOPY || base == PAGE_EXECUTE_WRITECOPY)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (type & MEM_PHYSICAL && protect != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    if (type & MEM_RESERVE_PLACEHOLDER && protect != PAGE_NOACCESS)
        return STATUS_INVALID_PARAMETER_6;
    return protection_check_code(protect);
}

static NTSTATUS check_range(uintptr_t base, size_t size)
{
    if (base > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (size == 0 || size - 1 > SPACE_HIGHEST - base)
        return STATUS_INVALID_PARAMETER_4;
    return STATUS_SUCCESS;
}

static NTSTATUS check_constraints(uintptr_t base, size_t size, const struct mm_constraints *constraints)
{
    if (!constraints)
        return STATUS_SUCCESS;
    if (base && (constraints->lowest || constraints->highest || constraints->alignment))
        return STATUS_INVALID_PARAMETER;
    if (constraints->highest && constraints->lowest >= constraints->highest)
        return STATUS_INVALID_PARAMETER;
    if (constraints->highest && size > constraints->highest + 1 - constraints->lowest)
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}

/* The pages of a reservation at an address: from the granule below to the end of the last page. */
static void fill_range(struct request *request, uintptr_t base, size_t size)
{
    bool reserve = (request->type & MEM_RESERVE) != 0;
    bool replace = (request->type & MEM_REPLACE_PLACEHOLDER) != 0;
    request->start = (reserve && !replace ? base & ~(MM_GRANULE - 1) : base) >> PAGE_SHIFT;
    request->end = (base + size + MM_PAGE - 1) >> PAGE_SHIFT;
    request->whole_start = (base + MM_PAGE - 1) >> PAGE_SHIFT;
    request->whole_end = (base + size) >> PAGE_SHIFT;
}

/* Commits the new place where the type asks for it. */
static int commit_place(const struct request *request, const struct place *place, uint64_t end)
{
    if (!(request->type & MEM_COMMIT) || request->type & MEM_WRITE_WATCH)
        return 0;
    if (request->type &
        MEM_LARGE_PAGES) /* charged as any other; the pages come from the system's pool, or not at all */
        return pages_commit_huge_locked(place->start, end, request->attributes, place->held);
    return pages_commit_locked(NULL, place->start, end, request->attributes, place->held);
}

static NTSTATUS commit_failure(const struct request *request, int error)
{
    if (error != -ENOMEM)
        return space_status(error);
    return request->type & MEM_LARGE_PAGES ? STATUS_INSUFFICIENT_RESOURCES : STATUS_COMMITMENT_LIMIT;
}

static NTSTATUS find_and_commit(const struct request *request, struct place *place)
{
    uint64_t pages = request->end - request->start;
    for (int attempt = 0;; attempt++) {
        NTSTATUS status = request->anywhere ? space_find_place_locked(pages, request->constraints,
                                                                      (request->type & MEM_TOP_DOWN) != 0, place)
                                            : space_take_place_locked(request->start, request->end, place);
        if (!NT_SUCCESS(status))
            return status;
        int error = commit_place(request, place, place->start + pages);
        if (error == 0)
            return STATUS_SUCCESS;
        space_drop_place_locked(place, pages);
        if (error != -EEXIST || !request->anywhere || attempt == 16)
            return commit_failure(request, error);
        space_note_foreign_locked(place->start, place->start + pages);
    }
}

static enum region_kind kind_of(ULONG type)
{
    return type & MEM_PHYSICAL ? REGION_PHYSICAL : type & MEM_RESERVE_PLACEHOLDER ? REGION_PLACEHOLDER : REGION_PRIVATE;
}

static NTSTATUS reserve_locked(struct request *request)
{
    struct place place;
    uint64_t pages = request->end - request->start;
    bool watch = (request->type & MEM_WRITE_WATCH) != 0; /* commits when it is there to watch */
    bool commit = (request->type & MEM_COMMIT) != 0 && !watch;
    NTSTATUS status = space_prepare_locked(4, 1);
    if (NT_SUCCESS(status))
        status = find_and_commit(request, &place);
    if (!NT_SUCCESS(status))
        return status;
    struct region *region = region_create_locked(&place, place.start + pages, kind_of(request->type), request->protect);
    region->committed = commit ? pages : 0;
    region->large = (request->type & MEM_LARGE_PAGES) != 0;
    region->attributes = request->constraints ? request->constraints->flags : 0;
    space_set_locked(region->start, region->end, page_value(region, commit ? request->attributes : VALUE_RESERVED));
    if (watch) {
        writewatch_start_locked(region);
        if (request->type & MEM_COMMIT)
            status = region_commit_locked(region, region->start, region->end, request->attributes);
        if (!NT_SUCCESS(status)) {
            region_destroy_locked(region);
            space_drop_place_locked(&place, pages);
            return status;
        }
    }
    request->start = region->start;
    request->end = region->end;
    return STATUS_SUCCESS;
}

static NTSTATUS commit_locked(const struct request *request)
{
    struct region *region = space_region_locked(request->start);
    if (!region || request->end > region->end || region->kind == REGION_PLACEHOLDER)
        return STATUS_CONFLICTING_ADDRESSES;
    if (region->kind == REGION_PHYSICAL)
        return STATUS_CONFLICTING_ADDRESSES;
    if (region->kind == REGION_VIEW) {
        if (!region->ops || !region->ops->commit)
            return STATUS_ALREADY_COMMITTED;
        return region->ops->commit(region, request->start, request->end, request->protect);
    }
    if (region->large) /* committed as a whole from the start */
        return request->protect == region->allocation_protect ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
    return region_commit_locked(region, request->start, request->end, request->attributes);
}

/* MEM_RESET: the contents may be dropped; MEM_RESET_UNDO: they are needed again. */
static NTSTATUS reset_locked(struct request *request)
{
    struct region *region = space_region_locked(request->start);
    if (!region || request->end > region->end)
        return STATUS_CONFLICTING_ADDRESSES;
    if (region->kind == REGION_VIEW) /* documented: an error where the range is mapped to a file */
        return region->ops && region->ops->pagefile ? STATUS_SUCCESS : (NTSTATUS)STATUS_USER_MAPPED_FILE;
    for (uint64_t page = request->start; page < request->end;) {
        struct run run = space_find_locked(page);
        if (!value_committed(run.value))
            return STATUS_CONFLICTING_ADDRESSES;
        page = run.end;
    }
    if (request->whole_start >= request->whole_end) /* a page of which a part is still of interest is kept */
        return STATUS_SUCCESS;
    void *base = page_address(request->whole_start);
    size_t size = (request->whole_end - request->whole_start) << PAGE_SHIFT;
    /* With the pager running the pages go first but keep what they hold: legal, and undone without loss. */
    if (pager_on)
        pager_set_priority((uintptr_t)base, size, request->type == MEM_RESET ? 1 : 5);
    if (request->type == MEM_RESET && !pager_on && !region->write_watch && !region->large)
        host_discard_lazily(base, size);
    return STATUS_SUCCESS;
}

/* The order of the checks: shape first, then the right to lock memory. */
static NTSTATUS check_large(uintptr_t base, size_t size, const struct mm_constraints *constraints,
                            struct mm_constraints *aligned)
{
    const struct host_capabilities *machine = host_capabilities();
    uint64_t huge = machine->huge_page_size;
    if (huge == 0 || base & (huge - 1))
        return STATUS_INVALID_PARAMETER;
    if (size & (huge - 1))
        return STATUS_INVALID_PARAMETER_4;
    if (!machine->may_lock_all && machine->lock_limit != UINT64_MAX)
        return STATUS_PRIVILEGE_NOT_HELD;
    *aligned = constraints ? *constraints : (struct mm_constraints){0};
    aligned->alignment = aligned->alignment > huge ? aligned->alignment : huge;
    return STATUS_SUCCESS;
}

NTSTATUS mm_check_allocate(uintptr_t base, size_t size, ULONG type, ULONG protect)
{
    unsigned attributes;
    NTSTATUS status = check_type(type);
    if (NT_SUCCESS(status))
        status = check_protect(type, protect, &attributes);
    return NT_SUCCESS(status) ? check_range(base, size) : status;
}

/* Fresh pages anywhere, without a wish: what nearly every call asks for. */
static bool allocate_fresh(void **base, size_t *size, ULONG protect, NTSTATUS *status)
{
    unsigned attributes;
    uint64_t start, pages = (*size + MM_PAGE - 1) >> PAGE_SHIFT;
    if (*size - 1 >= QUICK_MOST << PAGE_SHIFT)
        return false;
    if (__builtin_expect(protect == PAGE_READWRITE, 1))
        attributes = VALUE_COMMITTED | VALUE_READWRITE;
    else if (!NT_SUCCESS(check_protect(MEM_COMMIT, protect, &attributes)))
        return false;
    if (!quick_allocate(pages, protect & ~(ULONG)PAGE_TARGETS_INVALID, attributes, &start, status))
        return false;
    if (!NT_SUCCESS(*status))
        return true;
    *base = page_address(start);
    *size = pages << PAGE_SHIFT;
    return true;
}

__attribute__((noinline)) static NTSTATUS allocate_any(void **base, size_t *size, ULONG type, ULONG protect,
                                                       const struct mm_constraints *constraints)
{
    struct request request = {.type = type, .protect = protect, .constraints = constraints};
    uintptr_t wanted = (uintptr_t)*base;
    NTSTATUS status = check_type(type);
    if (NT_SUCCESS(status))
        status = check_protect(type, protect, &request.attributes);
    if (NT_SUCCESS(status))
        status = check_range(wanted, *size);
    if (NT_SUCCESS(status))
        status = check_constraints(wanted, *size, constraints);
    if (!NT_SUCCESS(status))
        return status;
    request.protect = protect &= ~(ULONG)PAGE_TARGETS_INVALID; /* a hint that no query tells */
    if (wanted == 0 && type & MEM_COMMIT)                      /* a commit without an address reserves too */
        request.type |= MEM_RESERVE;
    request.anywhere = wanted == 0;
    if (wanted == 0 && reset_only(type))
        return STATUS_CONFLICTING_ADDRESSES;
    if (request.type & MEM_RESERVE && wanted != 0 && wanted < SPACE_LOWEST)
        return STATUS_INVALID_PARAMETER_2;
    fill_range(&request, wanted, *size);
    struct mm_constraints aligned;
    if (type & MEM_LARGE_PAGES) {
        status = check_large(wanted, *size, constraints, &aligned);
        if (!NT_SUCCESS(status))
            return status;
        request.constraints = &aligned;
    }
    space_lock();
    if (type & MEM_REPLACE_PLACEHOLDER)
        status = placeholder_replace_locked(request.start, request.end, type, protect, request.attributes);
    else if (request.type & MEM_RESERVE)
        status = reserve_locked(&request);
    else if (reset_only(type))
        status = reset_locked(&request);
    else
        status = commit_locked(&request);
    space_unlock();
    if (!NT_SUCCESS(status))
        return status;
    *base = page_address(request.start);
    *size = (request.end - request.start) << PAGE_SHIFT;
    return STATUS_SUCCESS;
}

NTSTATUS mm_allocate(void **base, size_t *size, ULONG type, ULONG protect, const struct mm_constraints *constraints)
{
    NTSTATUS status = STATUS_SUCCESS;
    space_start();
    if (!*base && (type | MEM_RESERVE) == (MEM_COMMIT | MEM_RESERVE) && !constraints &&
        allocate_fresh(base, size, protect, &status))
        return status;
    return allocate_any(base, size, type, protect, constraints);
}

NTSTATUS mm_reserve_pages(void *base, size_t size)
{
    struct request request = {.type = MEM_RESERVE, .protect = PAGE_READWRITE};
    NTSTATUS status = check_range((uintptr_t)base, size);
    if (!NT_SUCCESS(status))
        return status;
    request.start = page_of(base);
    request.end = request.start + (size >> PAGE_SHIFT);
    space_start();
    space_lock();
    status = reserve_locked(&request);
    space_unlock();
    return status;
}
