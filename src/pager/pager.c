/* pager.c: start and stop of paging, and the hooks that mm calls. */
#include "pager/pager.h"

#include <errno.h>

static struct {
    uintptr_t arena;
    size_t arena_size;
    pager_for_each *for_each; /* mm's iterator */
} pager_state;

void pager_start(uintptr_t arena, size_t arena_size)
{
    pager_state.arena = arena;
    pager_state.arena_size = arena_size;
}

void pager_set_source(pager_for_each *for_each_committed)
{
    pager_state.for_each = for_each_committed;
}

int pager_turn_on(void)
{
    pager_due = false;
    return -ENOSYS;
}

int pager_after_commit(void *base, size_t size, unsigned access)
{
    (void)base;
    (void)size;
    (void)access;
    return 0;
}

void pager_before_decommit(void *base, size_t size)
{
    (void)base;
    (void)size;
}

void pager_before_protect(void *base, size_t size, unsigned access)
{
    (void)base;
    (void)size;
    (void)access;
}

void pager_after_protect(void *base, size_t size, unsigned access)
{
    (void)base;
    (void)size;
    (void)access;
}

void pager_discard(void *base, size_t size)
{
    (void)base;
    (void)size;
}

int pager_fault(uintptr_t address, bool write)
{
    (void)address;
    (void)write;
    return -EAGAIN;
}
