/* fault.c: mm_fault: whose fault is it? Runs in the signal handler: takes lock A (never held by a thread that touches
 * program memory), calls pager and host, nothing else.
 *
 *   run of the page          the access is    verdict
 *   paged range, bus error   any              the pager's, before any lock; -EIO: IN_PAGE_ERROR
 *   free, reserved           any              ACCESS_VIOLATION
 *   not ours                 bus error        IN_PAGE_ERROR, else ACCESS_VIOLATION
 *   committed, guard         any              guard cleared (a probe leaves it), GUARD_PAGE_VIOLATION
 *   committed                not allowed      ACCESS_VIOLATION
 *   committed, watched       a write          noted, page opened, retried
 *   committed, view          allowed          the view's
 *   committed                allowed          changed meanwhile by another thread: retried, repaired, then raised */
#include "mm/space.h"
#include "mm/writewatch.h"

#include "pager/pager.h"

#include <errno.h>

/* The same fault again and again on one thread: the kernel's protection is not what we think. */
static __thread struct {
    uintptr_t address;
    unsigned count, total; /* since anything was changed in the address space; and in all */
    unsigned long changes;
} repeated;

static enum mm_fault_verdict raise(struct mm_fault *fault, NTSTATUS status)
{
    fault->status = status;
    repeated.count = 0;
    return MM_FAULT_RAISE;
}

static enum mm_fault_verdict in_page_error(struct mm_fault *fault)
{
    fault->io_status = STATUS_UNEXPECTED_IO_ERROR;
    return raise(fault, STATUS_IN_PAGE_ERROR);
}

static unsigned access_of(const struct mm_fault *fault)
{
    return fault->operation == 1 ? PAGER_WRITE : fault->operation == 8 ? PAGER_EXECUTE : PAGER_READ;
}

static enum mm_fault_verdict spurious(struct mm_fault *fault, uint64_t page, unsigned attributes)
{
    /* A handler thread that could not bring the page in has shut it (presence_fail): here is who asked for it. */
    if (pager_on && in_arena(page) && pager_fault(fault->address, access_of(fault)) == -EIO)
        return in_page_error(fault);
    if (repeated.address != fault->address)
        repeated.count = repeated.total = 0;
    if (repeated.changes != mm_state.changes) /* it may have been so a moment ago, and right now */
        repeated.count = 0;
    repeated.address = fault->address;
    repeated.changes = mm_state.changes;
    repeated.count++;
    repeated.total++;
    if (repeated.count < 4 && repeated.total % 64 != 0)
        return MM_FAULT_RESOLVED;
    if (repeated.count < 8) { /* somebody else has changed the mapping under us: put it right */
        pages_protect_locked(page, page + 1, protection_access(attributes));
        return MM_FAULT_RESOLVED;
    }
    return fault->bus_error ? in_page_error(fault) : raise(fault, STATUS_ACCESS_VIOLATION);
}

static enum mm_fault_verdict guard_hit(struct mm_fault *fault, uint64_t page, const struct run *run)
{
    unsigned attributes = value_attributes(run->value) & ~VALUE_GUARD;
    struct region *region = value_region(run->value);
    if (!NT_SUCCESS(space_prepare_locked(1, 0)) ||
        pages_protect_locked(page, page + 1, protection_access(attributes)) != 0)
        return raise(fault, STATUS_NO_MEMORY); /* the page stays guarded */
    space_set_locked(page, page + 1, page_value(region, attributes));
    return raise(fault, STATUS_GUARD_PAGE_VIOLATION);
}

static enum mm_fault_verdict classify_locked(struct mm_fault *fault)
{
    uint64_t page = fault->address >> PAGE_SHIFT;
    struct run run = space_find_locked(page);
    unsigned attributes = value_attributes(run.value);
    struct region *region = value_region(run.value);
    if (!region)
        return fault->bus_error ? in_page_error(fault) : raise(fault, STATUS_ACCESS_VIOLATION);
    if (region->ops && region->ops->synchronise && !value_committed(run.value)) {
        region->ops->synchronise(region, page, page + 1);
        run = space_find_locked(page);
        attributes = value_attributes(run.value);
        if (value_committed(run.value) && protection_allows(attributes, fault->operation)) {
            repeated.count = 0; /* committed elsewhere, and mapped here by now: nothing spurious about it */
            return MM_FAULT_RESOLVED;
        }
    }
    if (!value_committed(run.value))
        return raise(fault, STATUS_ACCESS_VIOLATION);
    if (attributes & VALUE_GUARD && fault->probe)
        return raise(fault, STATUS_GUARD_PAGE_VIOLATION);
    if (attributes & VALUE_GUARD)
        return guard_hit(fault, page, &run);
    if (!protection_allows(attributes, fault->operation))
        return raise(fault, STATUS_ACCESS_VIOLATION);
    if (region->write_watch && fault->operation == 1 && writewatch_fault_locked(region, page, run.value))
        return MM_FAULT_RESOLVED;
    if (region->ops && region->ops->fault)
        return region->ops->fault(region, fault);
    if (fault->bus_error && region->kind == REGION_VIEW && region->ops &&
        !region->ops->pagefile) /* those have all their pages */
        return in_page_error(fault);
    return spurious(fault, page, attributes);
}

enum mm_fault_verdict mm_fault(struct mm_fault *fault)
{
    /* userfaultfd tells by SIGBUS; SIGSEGV is about the protection, unless that is what pages are kept away by. */
    if (pager_on && (fault->bus_error || pager_by_protection)) {
        int error = pager_fault_at(fault->address, access_of(fault), fault->pc);
        if (error == 0)
            return MM_FAULT_RESOLVED;
        if (error == -EIO)
            return in_page_error(fault);
    }
    if (fault->address > SPACE_HIGHEST || !__atomic_load_n(&mm_state.started, __ATOMIC_ACQUIRE) ||
        space_is_locked_here())
        return raise(fault, STATUS_ACCESS_VIOLATION);
    space_lock();
    enum mm_fault_verdict verdict = classify_locked(fault);
    space_unlock();
    return verdict;
}
