/* processmemory.c: reading and writing memory of other processes (virtualcopy.c has the own one's): up to the first
 * page that its state forbids, with the exact count. The kernel does the copying, so that a bad page is an answer and
 * not a fault. */
#include <winternl.h>

#include <errno.h>
#include <unistd.h>

#include "host/process.h"
#include "nt/nt.h"
#include "nt/processcall.h"
#include "ps/process.h"

#define PAGE ((uintptr_t)4096)

static NTSTATUS target_of(HANDLE process, ACCESS_MASK access, bool *self, int *pid)
{
    struct ps_process *other;
    NTSTATUS status = ps_lookup(process, access, self, &other);
    if (!NT_SUCCESS(status))
        return status;
    if (*self) {
        *pid = getpid();
        return STATUS_SUCCESS;
    }
    bool ended = ps_process_ended(other);
    *pid = other->pid;
    ob_dereference(&other->object);
    return ended ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
}

/* A page that is readable by its state but absent is brought in: by a touch here, or by its process. */
static bool bring_in(HANDLE process, bool self, uintptr_t address, size_t size)
{
    if (!self)
        return NT_SUCCESS(nt_remote_touch(process, (void *)address, size));
    MEMORY_BASIC_INFORMATION information;
    if (!NT_SUCCESS(NtQueryVirtualMemory(NT_CURRENT_PROCESS, (void *)address, MemoryBasicInformation, &information,
                                         sizeof(information), NULL)))
        return false;
    if (information.State != MEM_COMMIT || (information.Protect & (PAGE_NOACCESS | PAGE_GUARD | PAGE_EXECUTE)))
        return false;
    (void)*(volatile char *)address;
    return true;
}

NTSTATUS nt_remote_read(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToRead,
                        PSIZE_T NumberOfBytesRead)
{
    bool self;
    int pid;
    uintptr_t from = (uintptr_t)BaseAddress;
    size_t done = 0;
    NTSTATUS status = target_of(ProcessHandle, PROCESS_VM_READ, &self, &pid);
    if (NT_SUCCESS(status) && from + NumberOfBytesToRead < from)
        status = STATUS_ACCESS_VIOLATION;
    uintptr_t tried = 0;
    while (NT_SUCCESS(status) && done < NumberOfBytesToRead) {
        long got = host_process_read(pid, (void *)(from + done), (char *)Buffer + done, NumberOfBytesToRead - done);
        if (got > 0) {
            done += (size_t)got;
            continue;
        }
        uintptr_t page = (from + done) & ~(PAGE - 1);
        if (got == -ESRCH)
            status = STATUS_PROCESS_IS_TERMINATING;
        else if (got == -EPERM)
            status = STATUS_ACCESS_DENIED;
        else if (page == tried || !bring_in(ProcessHandle, self, from + done, NumberOfBytesToRead - done))
            status = STATUS_PARTIAL_COPY;
        tried = page;
    }
    if (NumberOfBytesRead)
        *NumberOfBytesRead = done;
    return status;
}

/* Code may be written although it is not writable: for the moment of the copy it is. */
static NTSTATUS write_code(HANDLE process, int pid, uintptr_t at, const char *from, size_t size, long *written)
{
    PVOID base = (PVOID)at;
    SIZE_T length = size;
    ULONG old, ignored;
    NTSTATUS status = NtProtectVirtualMemory(process, &base, &length, PAGE_EXECUTE_READWRITE, &old);
    if (!NT_SUCCESS(status))
        return status;
    *written = host_process_write(pid, (void *)at, from, size);
    status = NtProtectVirtualMemory(process, &base, &length, old, &ignored);
    return *written > 0 ? status : (NTSTATUS)STATUS_ACCESS_VIOLATION;
}

/* The kernel refused the page at `at`: why, and whether it can be helped. */
static NTSTATUS write_refused(HANDLE process, bool self, int pid, uintptr_t at, const char *from, size_t size,
                              long *written)
{
    MEMORY_BASIC_INFORMATION page;
    NTSTATUS status =
        self ? NtQueryVirtualMemory(NT_CURRENT_PROCESS, (void *)at, MemoryBasicInformation, &page, sizeof(page), NULL)
             : nt_remote_query(process, (void *)at, MemoryBasicInformation, &page, sizeof(page), NULL);
    if (status == STATUS_ACCESS_DENIED) /* the handle has no right to ask: the kernel's word stands */
        return STATUS_ACCESS_VIOLATION;
    if (!NT_SUCCESS(status))
        return status;
    if (page.State != MEM_COMMIT)
        return STATUS_PARTIAL_COPY;
    size_t here = (uintptr_t)page.BaseAddress + page.RegionSize - at;
    if ((page.Protect == PAGE_EXECUTE_READ || page.Protect == PAGE_EXECUTE))
        return write_code(process, pid, at, from, size < here ? size : here, written);
    bool writable = page.Protect & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY);
    if (!writable || (page.Protect & PAGE_GUARD) || !bring_in(process, self, at, 1))
        return STATUS_ACCESS_VIOLATION;
    *written = host_process_write(pid, (void *)at, from, size);
    return *written > 0 ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS nt_remote_write(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToWrite,
                         PSIZE_T NumberOfBytesWritten)
{
    bool self;
    int pid;
    uintptr_t to = (uintptr_t)BaseAddress;
    size_t done = 0;
    NTSTATUS status = target_of(ProcessHandle, PROCESS_VM_WRITE | PROCESS_VM_OPERATION, &self, &pid);
    if (NT_SUCCESS(status) && to + NumberOfBytesToWrite < to)
        status = STATUS_ACCESS_VIOLATION;
    while (NT_SUCCESS(status) && done < NumberOfBytesToWrite) {
        const char *from = (const char *)Buffer + done;
        long put = host_process_write(pid, (void *)(to + done), from, NumberOfBytesToWrite - done);
        if (put == -ESRCH)
            status = STATUS_PROCESS_IS_TERMINATING;
        else if (put == -EPERM)
            status = STATUS_ACCESS_DENIED;
        else if (put <= 0)
            status = write_refused(ProcessHandle, self, pid, to + done, from, NumberOfBytesToWrite - done, &put);
        if (NT_SUCCESS(status))
            done += (size_t)put;
    }
    if (done && !NT_SUCCESS(status))
        status = STATUS_PARTIAL_COPY;
    if (NumberOfBytesWritten)
        *NumberOfBytesWritten = done;
    return status;
}
