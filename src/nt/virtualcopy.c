/* virtualcopy.c: NtReadVirtualMemory, NtWriteVirtualMemory and what WriteProcessMemory does more. Ranges are checked
 * run by run, so that the count of an incomplete copy is exact. Calls mm and host; sets no last error. */
#include <winternl.h>

#include "host/memory.h"
#include "mm/mm.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/processcall.h"
#include "pager/pager.h"

#include <stdint.h>
#include <string.h>

enum reach { REACH_NONE, REACH_PLAIN, REACH_FORCED };
/* PATCH: WriteProcessMemory, which takes off the protection of code for the moment of the copy. The native call heeds
 * every protection. */
enum how { READ, WRITE, PATCH };

static enum reach reach_of(const MEMORY_BASIC_INFORMATION *run, enum how how)
{
    if (run->State != MEM_COMMIT || run->Protect & (PAGE_GUARD | PAGE_NOACCESS))
        return REACH_NONE;
    if (how == READ)
        return REACH_PLAIN;
    switch (run->Protect & 0xff) {
    case PAGE_READONLY:
        return REACH_NONE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: /* here as a debugger does it */
        return how == PATCH ? REACH_FORCED : REACH_NONE;
    default:
        return REACH_PLAIN;
    }
}

static size_t copy_plain(char *there, char *here, size_t size, enum how how)
{
    return how != READ ? host_copy(there, here, size) : host_copy(here, there, size);
}

/* By the kernel, to which pages that are paged out mean nothing: through a buffer, with the page held in memory. */
static size_t copy_forced(char *there, const char *here, size_t size)
{
    char bytes[MM_PAGE];
    size_t done = 0;
    while (done < size) {
        size_t part = MM_PAGE - (uintptr_t)(there + done) % MM_PAGE;
        part = part < size - done ? part : size - done;
        if (host_copy(bytes, here + done, part) != part)
            return done;
        int pin = pager_pin((uintptr_t)(there + done), part);
        pager_touch((uintptr_t)(there + done), false);
        int error = pin < 0 ? pin : host_force_write(there + done, bytes, part);
        pager_unpin(pin);
        if (error)
            return done;
        done += part;
    }
    return done;
}

/* Where the plain copy stopped: a part that another way can reach, else 0. */
static size_t copy_run(char *there, char *here, size_t size, enum how how)
{
    MEMORY_BASIC_INFORMATION run;
    if (!NT_SUCCESS(mm_query(there, &run)))
        return 0;
    enum reach reach = reach_of(&run, how);
    size_t part = (size_t)((char *)run.BaseAddress + run.RegionSize - there);
    part = part < size ? part : size;
    if (reach == REACH_FORCED)
        return copy_forced(there, here, part);
    return reach == REACH_PLAIN ? copy_plain(there, here, part, how) : 0;
}

/* Copies what can be copied; the first byte that cannot ends it. `there` is the side that is checked. */
static size_t copy_checked(char *there, char *here, size_t size, enum how how)
{
    size_t done = copy_plain(there, here, size, how), part = 1;
    for (; done < size && part; done += part)
        part = copy_run(there + done, here + done, size - done, how);
    return done;
}

static ACCESS_MASK rights_for(enum how how)
{
    return how == READ ? PROCESS_VM_READ : how == WRITE ? PROCESS_VM_WRITE : PROCESS_VM_WRITE | PROCESS_VM_OPERATION;
}

static bool in_user_space(const void *base, size_t size)
{
    const uintptr_t highest = MM_HIGHEST_ADDRESS;
    return (uintptr_t)base <= highest && (size == 0 || size - 1 <= highest - (uintptr_t)base);
}

/* A copy that stops at a guard page has met it: it is spent, as by any other access. */
static NTSTATUS copy_own(char *there, char *here, size_t size, PSIZE_T copied, enum how how)
{
    MEMORY_BASIC_INFORMATION run;
    NTSTATUS status = how == READ ? nt_probe_write(here, size) : STATUS_SUCCESS;
    if (status)
        return status;
    size_t done = copy_checked(there, here, size, how);
    if (copied)
        *copied = done;
    if (done == size)
        return STATUS_SUCCESS;
    if (how == PATCH && done == 0 && NT_SUCCESS(nt_probe_read(here, 1)) && NT_SUCCESS(mm_query(there, &run)) &&
        run.State == MEM_COMMIT)
        status = STATUS_ACCESS_VIOLATION;
    (void)nt_probe_read(there + done, 1);
    if (how != READ)
        (void)nt_probe_read(here + done, 1);
    return status ? status : (NTSTATUS)STATUS_PARTIAL_COPY;
}

static NTSTATUS copy(HANDLE process, PVOID base, PVOID buffer, SIZE_T size, PSIZE_T copied, enum how how)
{
    bool self;
    SIZE_T none = 0;
    NTSTATUS status = copied ? nt_copy(copied, &none, sizeof(none)) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    if (!in_user_space(base, size) || !in_user_space(buffer, size))
        return (NTSTATUS)STATUS_ACCESS_VIOLATION;
    status = nt_process_target(process, rights_for(how), &self);
    if (!NT_SUCCESS(status) || size == 0)
        return status;
    if (self)
        return copy_own(base, buffer, size, copied, how);
    if (how == READ) {
        status = nt_probe_write(buffer, size);
        return status ? status : nt_remote_read(process, base, buffer, size, copied);
    }
    (void)nt_probe_read(buffer, size); /* brought in: the kernel copies what is in memory. What is not ends the copy */
    return nt_remote_write(process, base, buffer, size, copied, how == PATCH);
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToRead,
                                   PSIZE_T NumberOfBytesRead)
{
    return copy(ProcessHandle, BaseAddress, Buffer, NumberOfBytesToRead, NumberOfBytesRead, READ);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToWrite,
                                    PSIZE_T NumberOfBytesWritten)
{
    return copy(ProcessHandle, BaseAddress, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, WRITE);
}

NTSTATUS nt_patch_memory(HANDLE process, PVOID base, PVOID buffer, SIZE_T size, PSIZE_T written)
{
    return copy(process, base, buffer, size, written, PATCH);
}
