/* process.h: where a process handle becomes a process: this one, or another by its kernel id. */
#ifndef WINMEM_NT_PROCESS_H
#define WINMEM_NT_PROCESS_H

#include <winternl.h>

/* 0 in *pid: this process. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, or STATUS_ACCESS_DENIED when the handle
 * has none of the rights in `any_of`. */
NTSTATUS nt_process_id(HANDLE process, ACCESS_MASK any_of, int *pid);

/* Where this process' block (PEB) lies: set by who keeps it. */
extern PVOID (*nt_process_block)(void);

#endif
