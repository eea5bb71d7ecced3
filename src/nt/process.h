/* process.h: where a process handle becomes a process: this one, or another by its kernel id. */
#ifndef WINMEM_NT_PROCESS_H
#define WINMEM_NT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <winternl.h>

/* 0 in *pid: this process. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, or STATUS_ACCESS_DENIED when the handle
 * has none of the rights in `any_of`. */
NTSTATUS nt_process_id(HANDLE process, ACCESS_MASK any_of, int *pid);
/* The same for a handle that must have all of the rights. */
NTSTATUS nt_process_with(HANDLE process, ACCESS_MASK all_of, int *pid);

/* What is still known of a process that has ended. */
struct nt_ended {
    int pid, parent; /* parent 0: not known */
    uint32_t exit_code;
    uint64_t resident_peak; /* bytes */
    uint64_t faults;
    bool used; /* the last two are known: it was a child */
};
/* STATUS_INVALID_PARAMETER: it runs. */
NTSTATUS nt_process_ended(HANDLE process, ACCESS_MASK any_of, struct nt_ended *ended);

/* Where this process' block (PEB) lies: set by who keeps it. */
extern PVOID (*nt_process_block)(void);

#endif
