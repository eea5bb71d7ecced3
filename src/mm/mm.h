/* mm.h: the address space of this process, as the layers above may ask for it. Regions (VADs), page states,
 * protection, views and faults. Knows no handles and no last error; returns NTSTATUS; never calls malloc.
 * Every function here is thread-safe. In/out bases and sizes are written only on success. */
#ifndef WINMEM_MM_MM_H
#define WINMEM_MM_MM_H

#include "host/shared.h"

#include <ntstatus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winnt.h>

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#endif

#define MM_PAGE ((size_t)4096)
#define MM_GRANULE ((size_t)65536)                     /* allocation granularity */
#define MM_HIGHEST_ADDRESS ((uintptr_t)0x7FFFFFFEFFFF) /* the last byte a program may use */

/* What VirtualAlloc2's extended parameters and ZeroBits ask of an address; all zero means anywhere. */
struct mm_constraints {
    uintptr_t lowest;  /* first usable byte, 0: none */
    uintptr_t highest; /* last usable byte, 0: none */
    size_t alignment;  /* power of two >= 64K, 0: the granule */
    uint32_t flags;    /* MEM_EXTENDED_PARAMETER_* attribute flags */
    uint32_t node;     /* preferred NUMA node + 1, 0: none */
};

/* Starts the address space; every entry point calls it (one predicted branch when done). Usable before constructors. */
WINMEM_SHARED void mm_start(void);
/* Starts paging if pager_due asks for it; a commit does the same. 0 or -errno: it could not start. */
WINMEM_SHARED int mm_start_paging(void);

/* What mm_allocate and mm_protect refuse whatever the process: looked at before the handle is. */
WINMEM_SHARED NTSTATUS mm_check_allocate(uintptr_t base, size_t size, ULONG type, ULONG protect);
WINMEM_SHARED NTSTATUS mm_check_protect(ULONG protect);
/* From now on no memory becomes executable that is no image. It cannot be taken back. */
WINMEM_SHARED void mm_forbid_code(void);
WINMEM_SHARED bool mm_code_is_forbidden(void);
WINMEM_SHARED NTSTATUS mm_allocate(void **base, size_t *size, ULONG type, ULONG protect,
                                   const struct mm_constraints *constraints);
/* For mappings as Linux has them: whole pages that are free, wherever they begin. */
WINMEM_SHARED NTSTATUS mm_reserve_pages(void *base, size_t size);
WINMEM_SHARED NTSTATUS mm_free(void **base, size_t *size, ULONG type);
WINMEM_SHARED NTSTATUS mm_protect(void **base, size_t *size, ULONG protect, ULONG *old_protect);
/* The whole user address space, memory of others included. STATUS_INVALID_PARAMETER above it. */
WINMEM_SHARED NTSTATUS mm_query(const void *address, MEMORY_BASIC_INFORMATION *information);

/* The whole allocation that an address belongs to; STATUS_INVALID_ADDRESS when it is free. */
struct mm_region_information {
    void *base;
    size_t size;
    size_t committed; /* bytes */
    ULONG allocation_protect;
    ULONG type; /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
    bool physical, large, placeholder, write_watch, pagefile;
};
WINMEM_SHARED NTSTATUS mm_query_region(const void *address, struct mm_region_information *information);

/* Write watch. The range must lie in one region of MEM_WRITE_WATCH (else INVALID_PARAMETER_1). *count: room in, found
 * out; the addresses ascend. note_kernel_write: pages that a call like ReadFile was asked to fill count as written. */
NTSTATUS mm_get_write_watch(void *base, size_t size, bool reset, void **addresses, size_t *count);
NTSTATUS mm_reset_write_watch(void *base, size_t size);
bool mm_is_watched(void *base, size_t size);
WINMEM_SHARED void mm_note_kernel_write(void *base, size_t size);

/* Address windowing. Frames are numbered; a window is a region of MEM_PHYSICAL. allocate: *count may come back smaller.
 * map: numbers NULL shows nothing; a frame is mapped once at most (INVALID_PARAMETER_3). free: *count is how far it
 * got. pool 0: the process' own frames; another, a section's: they show in windows bound to it, once or more. bind: a
 * window that has shown nothing yet. */
NTSTATUS mm_physical_allocate(uint32_t pool, ULONG_PTR *count, ULONG_PTR *numbers);
NTSTATUS mm_physical_free(uint32_t pool, ULONG_PTR *count, const ULONG_PTR *numbers);
NTSTATUS mm_physical_bind(void *base, uint32_t pool);
NTSTATUS mm_physical_map(void *base, size_t count, const ULONG_PTR *numbers);

/* For the heap: the same memory without the checks that its arguments cannot fail. `base` from mm_heap_reserve only.
 * Commit charges; decommit returns the charge. Protection PAGE_READWRITE, or PAGE_EXECUTE_READWRITE by `executable`. */
NTSTATUS mm_heap_reserve(void **base, size_t size, size_t alignment, bool executable);
NTSTATUS mm_heap_commit(void *base, size_t size);
NTSTATUS mm_heap_decommit(void *base, size_t size);
NTSTATUS mm_heap_release(void *base, size_t size);
/* Committed memory that will be written soon: made resident at once, unless it is paged. May do nothing. */
void mm_heap_expect(void *base, size_t size);

/* The page fault: called by host's signal handler through the function registered at start. Async-signal-safe. */
enum mm_fault_verdict {
    MM_FAULT_RESOLVED, /* retry the instruction */
    MM_FAULT_RAISE,    /* the program's: *status and parameters say what to raise */
};
struct mm_fault {
    uintptr_t address;  /* exact faulting byte */
    uintptr_t pc;       /* the instruction */
    unsigned operation; /* 0 read, 1 write, 8 execute: as in EXCEPTION_RECORD */
    bool bus_error;     /* SIGBUS: paged out, or a mapped file that lost its bytes */
    bool probe;      /* host_copy's: what nothing brings in ends the copy and changes nothing, a guard page stays one */
    NTSTATUS status; /* out: what to raise */
    NTSTATUS io_status; /* out: third parameter of STATUS_IN_PAGE_ERROR */
};
enum mm_fault_verdict mm_fault(struct mm_fault *fault);
/* Is this thread in the middle of a call of mm? Then another one is not possible: a report of such a fault does
 * without. */
bool mm_is_inside(void);

#endif
