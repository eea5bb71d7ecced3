/* nt.h: what the system-call line shares. */
#ifndef WINMEM_NT_NT_H
#define WINMEM_NT_NT_H

#include <ntstatus.h>
#include <stdbool.h>
#include <stdint.h>
#include <winnt.h>

#define NT_CURRENT_PROCESS ((HANDLE)(LONG_PTR)-1)

/* Whether a process handle means this process: the pseudo-handle or a handle with `access` to itself. SUCCESS and
 * *self; or INVALID_HANDLE, OBJECT_TYPE_MISMATCH, ACCESS_DENIED. */
NTSTATUS nt_process_target(HANDLE process, ACCESS_MASK access, bool *self);

/* NtFreeVirtualMemory of this process with pointers that are the library's own. */
NTSTATUS nt_free_own(PVOID *base, SIZE_T *size, ULONG type);

/* The parameters of the Ex calls as constraints on an address; SUCCESS or INVALID_PARAMETER. */
struct mm_constraints;
/* physical: where the handle of MemExtendedParameterUserPhysicalHandle goes, NULL without one; NULL: not for this call.
 */
NTSTATUS nt_parse_extended(const MEM_EXTENDED_PARAMETER *parameters, ULONG count, struct mm_constraints *constraints,
                           HANDLE *physical);
struct ob_object;
/* The pool of a section of physical pages, referenced for the caller. */
NTSTATUS nt_physical_section(HANDLE handle, uint32_t *pool, struct ob_object **object);

/* WriteProcessMemory: as NtWriteVirtualMemory, and into code that is not writable. ACCESS_VIOLATION where the first
 * page is there and may not be written. */
NTSTATUS nt_patch_memory(HANDLE process, PVOID base, PVOID buffer, SIZE_T size, PSIZE_T written);

#endif
