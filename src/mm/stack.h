/* stack.h: what mm is told of threads' stacks, so that VirtualQuery and the commit charge see them as on Windows: by
 * the thread itself, in ordinary code. */
#ifndef WINMEM_MM_STACK_H
#define WINMEM_MM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winnt.h>

#include "host/shared.h"

struct mm_stack {
    struct mm_stack *next; /* Y */
    uintptr_t low, high;   /* Y */
    size_t initial;        /* Y: bytes committed from the start, which the thread's maker has charged */
    size_t guarantee;      /* Y: bytes that SetThreadStackGuarantee has added to the guard */
    size_t charged;        /* Y: pages charged beyond these */
    bool grows, counted;   /* Y: the kernel's own growing mapping; one whose charge is kept */
};

/* The calling thread's. */
void mm_stack_add(uintptr_t low, uintptr_t high, bool grows);
void mm_stack_remove(void);
WINMEM_SHARED void mm_stack_committed(size_t bytes);
void mm_stack_guarantee(size_t bytes);

bool mm_stack_query(uintptr_t address, MEMORY_BASIC_INFORMATION *information); /* false: in no stack */
/* The nearest stacks around an address that is in none narrow the range. */
void mm_stack_neighbours(uintptr_t address, uintptr_t *start, uintptr_t *end);
/* Charges what stacks have grown by. */
WINMEM_SHARED void mm_stack_settle(void);

#endif
