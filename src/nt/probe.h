/* probe.h: the pointers that a program hands to an Nt call. As the kernel does on Windows: a pointer that is no good is
 * STATUS_ACCESS_VIOLATION before anything happened, a guard page is spent and told. No lock may be held. */
#ifndef WINMEM_NT_PROBE_H
#define WINMEM_NT_PROBE_H

#include <winnt.h>

#include "host/guarded.h"

static inline NTSTATUS nt_probe_write(void *pointer, SIZE_T size)
{
    return (NTSTATUS)host_guarded_touch(pointer, size);
}

static inline NTSTATUS nt_probe_read(const void *pointer, SIZE_T size)
{
    return (NTSTATUS)host_guarded_look(pointer, size);
}

static inline NTSTATUS nt_copy(void *to, const void *from, SIZE_T size)
{
    return (NTSTATUS)host_guarded_copy(to, from, size);
}

/* A base and a size that a call takes and answers. */
static inline NTSTATUS nt_probe_range(PVOID *base, PSIZE_T size)
{
    NTSTATUS status = nt_probe_write(base, sizeof(*base));
    return status ? status : nt_probe_write(size, sizeof(*size));
}
#endif
