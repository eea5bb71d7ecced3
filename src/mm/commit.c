/* commit.c: pages of private regions come and go: charge, kernel call, pager hook, run map, in this order, and undone
 * in the opposite one. Calls host and pager; lock A is held throughout. */
#include "host/frames.h"
#include "mm/space.h"
#include "mm/writewatch.h"
#include "pager/pager.h"

#include <errno.h>

/* From this size on huge pages are asked for: below it the extra call would show and the waste would matter. */
#define HUGE_ADVICE ((size_t)96 << 20)

/* Watched memory is not paged: a range belongs to one userfaultfd only. */
static bool paged(const struct region *region, uint64_t start)
{
    return pager_on && in_arena(start) &&
           (!region || (region->kind == REGION_PRIVATE && !region->write_watch && !region->large));
}

int pages_commit_locked(const struct region *region, uint64_t start, uint64_t end, unsigned attributes, bool held)
{
    void *base = page_address(start);
    size_t size = (end - start) << PAGE_SHIFT;
    unsigned access = protection_access(attributes);
    int error = pager_charge(end - start);
    if (error)
        return error;
    if (__builtin_expect(pager_due, 0)) {
        pager_turn_on();
        pager_uncharge(end - start); /* the limit may be lower, now that the paging file's size is known */
        error = pager_charge(end - start);
        if (error)
            return error;
    }
    error = host_commit(base, size, access, held);
    if (!error) {
        if (paged(region, start))
            error = pager_after_commit(base, size, access);
        else if (region && region->write_watch)
            error = writewatch_after_commit_locked(region, start, end);
        if (error)
            host_decommit(base, size, held);
    }
    if (error) {
        pager_uncharge(end - start);
        return error;
    }
    if (size >= HUGE_ADVICE && !pager_on && !(region && region->write_watch))
        host_advise_huge(base, size);
    return 0;
}

int pages_commit_huge_locked(uint64_t start, uint64_t end, unsigned attributes, bool held)
{
    int error = pager_charge(end - start);
    if (error)
        return error;
    error = host_commit_huge(page_address(start), (end - start) << PAGE_SHIFT, protection_access(attributes), held);
    if (error)
        pager_uncharge(end - start);
    return error;
}

int pages_protect_locked(uint64_t start, uint64_t end, unsigned access)
{
    void *base = page_address(start);
    size_t size = (end - start) << PAGE_SHIFT;
    if (!pager_on || !paged(space_region_locked(start), start))
        return host_protect(base, size, access);
    return pager_protect(base, size, access);
}

int pages_decommit_locked(const struct region *region, uint64_t start, uint64_t end, bool held)
{
    void *base = page_address(start);
    size_t size = (end - start) << PAGE_SHIFT;
    return paged(region, start) ? pager_decommit(base, size, held) : host_decommit(base, size, held);
}

/* Undoes the part of a mixed commit that was done: [start, end) as the map still has it. */
static void undo_commit(const struct region *region, uint64_t start, uint64_t end)
{
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        if (value_committed(run.value)) {
            pages_protect_locked(start, stop, protection_access(value_attributes(run.value)));
        } else {
            pages_decommit_locked(region, start, stop, region->held);
            pager_uncharge(stop - start);
        }
        start = stop;
    }
}

static NTSTATUS commit_status(int error)
{
    return error == -ENOMEM ? STATUS_COMMITMENT_LIMIT : space_status(error);
}

NTSTATUS region_commit_locked(struct region *region, uint64_t start, uint64_t end, unsigned attributes)
{
    uint64_t fresh = 0;
    unsigned fresh_attributes = attributes | (region->write_watch == WATCH_ARMED ? VALUE_ARMED : 0);
    NTSTATUS status = space_prepare_locked(2, 0);
    if (!NT_SUCCESS(status))
        return status;
    for (uint64_t page = start; page < end;) {
        struct run run = space_find_locked(page);
        uint64_t stop = run.end < end ? run.end : end;
        int error = 0;
        if (!value_committed(run.value)) {
            error = pages_commit_locked(region, page, stop, fresh_attributes, region->held);
            fresh += error ? 0 : stop - page;
        } else {
            unsigned before = value_attributes(run.value);
            unsigned access = protection_access((before & ~VALUE_PROTECTION) | attributes);
            if (protection_access(before) != access)
                error = pages_protect_locked(page, stop, access);
        }
        if (error) {
            if (value_committed(run.value)) /* a failed mprotect may have changed a part */
                pages_protect_locked(page, stop, protection_access(value_attributes(run.value)));
            undo_commit(region, start, page);
            return commit_status(error);
        }
        page = stop;
    }
    region->committed += fresh;
    if (fresh == end - start)
        space_set_locked(start, end, page_value(region, fresh_attributes));
    else
        space_update_locked(start, end, VALUE_PROTECTION | VALUE_RESERVED, attributes, fresh_attributes);
    return STATUS_SUCCESS;
}

NTSTATUS region_decommit_locked(struct region *region, uint64_t start, uint64_t end)
{
    uint64_t committed = region_count_committed_locked(region, start, end);
    if (committed == 0)
        return STATUS_SUCCESS;
    NTSTATUS status = space_prepare_locked(1, 0);
    if (!NT_SUCCESS(status))
        return status;
    int error = region->write_watch ? writewatch_before_loss_locked(region, start, end) : 0;
    if (!error)
        error = pages_decommit_locked(region, start, end, region->held);
    if (error)
        return space_status(error);
    region->committed -= committed;
    pager_uncharge(committed);
    space_set_locked(start, end, page_value(region, VALUE_RESERVED));
    return STATUS_SUCCESS;
}
