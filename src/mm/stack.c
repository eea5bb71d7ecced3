/* stack.c: the stacks of threads as Windows shows them: committed from the top down to what was touched, guard pages
 * below, the rest reserved. The kernel has them mapped whole, so that system calls may fill any part; the page map says
 * what is in use, and the charge follows when somebody asks for it. Calls host and the pager's charge; no allocation.
 */
#include "mm/stack.h"

#include "host/fork.h"
#include "host/pagemap.h"
#include "host/proc.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define CHUNK ((size_t)256)
#define GUARD ((uintptr_t)3 * MM_PAGE)

static struct {
    host_lock lock;         /* Y */
    struct mm_stack *first; /* Y */
} stack_state = {.lock = HOST_LOCK(RANK_POOL)};

static __thread struct mm_stack own;

static struct mm_stack *find_locked(uintptr_t address)
{
    struct mm_stack *stack = stack_state.first;
    while (stack && address - stack->low >= stack->high - stack->low)
        stack = stack->next;
    return stack;
}

static void unlink_locked(struct mm_stack *stack)
{
    for (struct mm_stack **link = &stack_state.first; *link; link = &(*link)->next) {
        if (*link == stack) {
            *link = stack->next;
            return;
        }
    }
}

void mm_stack_add(uintptr_t low, uintptr_t high, bool grows)
{
    host_lock_acquire(&stack_state.lock);
    unlink_locked(&own);
    own = (struct mm_stack){.next = stack_state.first, .low = low, .high = high, .grows = grows};
    stack_state.first = &own;
    host_lock_release(&stack_state.lock);
}

void mm_stack_remove(void)
{
    host_lock_acquire(&stack_state.lock);
    unlink_locked(&own);
    size_t charged = own.charged;
    own = (struct mm_stack){.low = 0};
    host_lock_release(&stack_state.lock);
    if (charged)
        pager_uncharge(charged);
}

void mm_stack_committed(size_t bytes)
{
    host_lock_acquire(&stack_state.lock);
    size_t most = own.high - own.low;
    own.initial = bytes < most ? bytes : most;
    own.counted = true;
    host_lock_release(&stack_state.lock);
}

void mm_stack_guarantee(size_t bytes)
{
    host_lock_acquire(&stack_state.lock);
    own.guarantee = bytes;
    host_lock_release(&stack_state.lock);
}

/* The lowest page in use: the kernel's own growing stack says it by its mapping, the others by their pages. */
static uintptr_t touched_locked(const struct mm_stack *stack)
{
    uint64_t entries[CHUNK];
    struct host_mapping mapping;
    if (stack->grows)
        return host_mapping_find(stack->high - 1, &mapping, NULL, 0) == 0 && mapping.start > stack->low ? mapping.start
                                                                                                        : stack->low;
    for (uintptr_t at = stack->low; at < stack->high; at += CHUNK * MM_PAGE) {
        size_t pages = (stack->high - at) / MM_PAGE;
        pages = pages < CHUNK ? pages : CHUNK;
        if (host_pagemap_read(at, pages, entries) != 0)
            return at;
        for (size_t i = 0; i < pages; i++)
            if (entries[i] & (HOST_PAGEMAP_PRESENT | HOST_PAGEMAP_SWAPPED))
                return at + i * MM_PAGE;
    }
    return stack->high;
}

/* The caller's own frames are in use, touched or not. */
static uintptr_t committed_locked(const struct mm_stack *stack)
{
    uintptr_t touched = touched_locked(stack), initial = stack->high - stack->initial;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(MM_PAGE - 1);
    if (stack == &own && here - stack->low < stack->high - stack->low && here < touched)
        touched = here;
    return touched < initial ? touched : initial;
}

bool mm_stack_query(uintptr_t address, MEMORY_BASIC_INFORMATION *information)
{
    host_lock_acquire(&stack_state.lock);
    const struct mm_stack *stack = find_locked(address);
    if (stack) {
        uintptr_t committed = committed_locked(stack), at = address & ~(MM_PAGE - 1);
        uintptr_t room = committed - stack->low, guard = GUARD + stack->guarantee;
        guard = room > guard + MM_PAGE ? committed - guard : room > MM_PAGE ? stack->low + MM_PAGE : committed;
        uintptr_t end = at < guard ? guard : at < committed ? committed : stack->high;
        *information = (MEMORY_BASIC_INFORMATION){
            .BaseAddress = (void *)at,
            .AllocationBase = (void *)stack->low,
            .AllocationProtect = PAGE_READWRITE,
            .RegionSize = end - at,
            .State = at < guard ? MEM_RESERVE : MEM_COMMIT,
            .Protect = at < guard       ? 0
                       : at < committed ? PAGE_READWRITE | PAGE_GUARD
                                        : PAGE_READWRITE,
            .Type = MEM_PRIVATE,
        };
    }
    host_lock_release(&stack_state.lock);
    return stack != NULL;
}

void mm_stack_neighbours(uintptr_t address, uintptr_t *start, uintptr_t *end)
{
    host_lock_acquire(&stack_state.lock);
    for (const struct mm_stack *stack = stack_state.first; stack; stack = stack->next) {
        if (stack->low > address && stack->low < *end)
            *end = stack->low;
        if (stack->high <= address && stack->high > *start)
            *start = stack->high;
    }
    host_lock_release(&stack_state.lock);
}

/* A charge that is refused is asked for again the next time: the pages are in use already. */
void mm_stack_settle(void)
{
    host_lock_acquire(&stack_state.lock);
    for (struct mm_stack *stack = stack_state.first; stack; stack = stack->next) {
        if (!stack->counted)
            continue;
        size_t pages = (stack->high - committed_locked(stack) - stack->initial) / MM_PAGE;
        if (pages > stack->charged && pager_charge(pages - stack->charged) == 0)
            stack->charged = pages;
    }
    host_lock_release(&stack_state.lock);
}

/* Only the caller's stack has a thread after a fork. */
static void after_fork(void)
{
    own.next = NULL;
    stack_state.first = own.high ? &own : NULL;
}

__attribute__((constructor)) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){RANK_POOL, &stack_state.lock, .child = after_fork});
}
