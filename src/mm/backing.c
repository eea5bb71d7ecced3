/* backing.c: mm_heap_*: memory for the heaps: private regions like any other, without the checks that a heap's
 * arguments cannot fail. Calls its siblings in mm, host and pager. */
#include "mm/space.h"
#include "pager/pager.h"

static unsigned heap_attributes(const struct region *region)
{
    return VALUE_COMMITTED |
           (unsigned)__builtin_ctz(region->allocation_protect == PAGE_EXECUTE_READWRITE ? PAGE_EXECUTE_READWRITE
                                                                                        : PAGE_READWRITE);
}

NTSTATUS mm_heap_reserve(void **base, size_t size, size_t alignment, bool executable)
{
    mm_start();
    const struct mm_constraints constraints = {.alignment = alignment > MM_GRANULE ? alignment : 0};
    void *at = NULL;
    NTSTATUS status =
        mm_allocate(&at, &size, MEM_RESERVE, executable ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE, &constraints);
    if (NT_SUCCESS(status))
        *base = at;
    return status;
}

NTSTATUS mm_heap_commit(void *base, size_t size)
{
    uint64_t start = page_of(base);
    space_lock();
    struct region *region = space_region_locked(start);
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;
    if (region)
        status = region_commit_locked(region, start, start + (size >> PAGE_SHIFT), heap_attributes(region));
    space_unlock();
    return status;
}

NTSTATUS mm_heap_decommit(void *base, size_t size)
{
    uint64_t start = page_of(base);
    space_lock();
    struct region *region = space_region_locked(start);
    NTSTATUS status = STATUS_CONFLICTING_ADDRESSES;
    if (region)
        status = region_decommit_locked(region, start, start + (size >> PAGE_SHIFT));
    space_unlock();
    return status;
}

void mm_heap_expect(void *base, size_t size)
{
    if (!pager_on)
        (void)host_populate(base, size, true);
}

NTSTATUS mm_heap_release(void *base, size_t size)
{
    (void)size;
    size_t whole = 0;
    return mm_free(&base, &whole, MEM_RELEASE);
}
