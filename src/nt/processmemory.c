/* processmemory.c: reading and writing memory of other processes (virtualcopy.c has the own one's): up to the first
 * page that its state forbids, with the exact count. The kernel does the copying, so that a bad page is an answer and
 * not a fault. */
#include <winternl.h>

#include <errno.h>

#include "host/process.h"
#include "nt/nt.h"
#include "nt/processcall.h"
#include "ps/process.h"

#define PAGE ((uintptr_t)4096)

/* Another process, referenced; virtualcopy.c has served the own one. */
static NTSTATUS target_of(HANDLE handle, ACCESS_MASK access, struct ps_process **process)
{
    bool self;
    NTSTATUS status = ps_lookup(handle, access, &self, process);
    if (NT_SUCCESS(status) && self)
        return STATUS_INVALID_HANDLE;
    if (NT_SUCCESS(status) && !ps_process_is_still(*process)) {
        ob_dereference(&(*process)->object);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    return status;
}

static NTSTATUS status_of(long error)
{
    return error == -ESRCH   ? STATUS_PROCESS_IS_TERMINATING
           : error == -EPERM ? (NTSTATUS)STATUS_ACCESS_DENIED
                             : STATUS_PARTIAL_COPY;
}

/* A page that is readable by its state but absent is brought in by its process, once. */
static NTSTATUS read_pages(HANDLE handle, int pid, uintptr_t from, char *to, size_t size, size_t *done)
{
    uintptr_t tried = 0;
    while (*done < size) {
        long got = host_process_read(pid, (void *)(from + *done), to + *done, size - *done);
        if (got > 0) {
            *done += (size_t)got;
            continue;
        }
        NTSTATUS status = status_of(got);
        uintptr_t page = (from + *done) & ~(PAGE - 1);
        if (status != STATUS_PARTIAL_COPY)
            return status;
        if (page == tried || !NT_SUCCESS(nt_remote_touch(handle, (void *)(from + *done), size - *done)))
            return status;
        tried = page;
    }
    return STATUS_SUCCESS;
}

NTSTATUS nt_remote_read(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToRead,
                        PSIZE_T NumberOfBytesRead)
{
    struct ps_process *process;
    size_t done = 0;
    NTSTATUS status = target_of(ProcessHandle, PROCESS_VM_READ, &process);
    if (NT_SUCCESS(status)) {
        status = read_pages(ProcessHandle, process->pid, (uintptr_t)BaseAddress, Buffer, NumberOfBytesToRead, &done);
        if (!ps_process_is_still(process)) { /* what was read may be somebody else's */
            status = STATUS_PROCESS_IS_TERMINATING;
            done = 0;
        }
        ob_dereference(&process->object);
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
static NTSTATUS write_refused(HANDLE process, int pid, uintptr_t at, const char *from, size_t size, long *written,
                              bool patch)
{
    const NTSTATUS refused = patch ? (NTSTATUS)STATUS_ACCESS_VIOLATION : (NTSTATUS)STATUS_PARTIAL_COPY;
    MEMORY_BASIC_INFORMATION page;
    NTSTATUS status = nt_remote_query(process, (void *)at, MemoryBasicInformation, &page, sizeof(page), NULL);
    if (status == STATUS_ACCESS_DENIED) /* the handle has no right to ask: the kernel's word stands */
        return refused;
    if (!NT_SUCCESS(status))
        return status;
    if (page.State != MEM_COMMIT)
        return STATUS_PARTIAL_COPY;
    size_t here = (uintptr_t)page.BaseAddress + page.RegionSize - at;
    if (patch && (page.Protect == PAGE_EXECUTE_READ || page.Protect == PAGE_EXECUTE))
        return write_code(process, pid, at, from, size < here ? size : here, written);
    bool writable = page.Protect & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY);
    if (!writable || (page.Protect & PAGE_GUARD) || !NT_SUCCESS(nt_remote_touch(process, (void *)at, 1)))
        return refused;
    *written = host_process_write(pid, (void *)at, from, size);
    return *written > 0 ? STATUS_SUCCESS : refused;
}

static NTSTATUS write_pages(HANDLE handle, int pid, uintptr_t to, const char *from, size_t size, size_t *done,
                            bool patch)
{
    while (*done < size) {
        long put = host_process_write(pid, (void *)(to + *done), from + *done, size - *done);
        NTSTATUS status = put > 0 ? STATUS_SUCCESS : status_of(put);
        if (status == STATUS_PARTIAL_COPY)
            status = write_refused(handle, pid, to + *done, from + *done, size - *done, &put, patch);
        if (!NT_SUCCESS(status))
            return *done ? (NTSTATUS)STATUS_PARTIAL_COPY : status;
        *done += (size_t)put;
    }
    return STATUS_SUCCESS;
}

NTSTATUS nt_remote_write(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToWrite,
                         PSIZE_T NumberOfBytesWritten, bool patch)
{
    struct ps_process *process;
    size_t done = 0;
    ACCESS_MASK rights = patch ? PROCESS_VM_WRITE | PROCESS_VM_OPERATION : PROCESS_VM_WRITE;
    NTSTATUS status = target_of(ProcessHandle, rights, &process);
    if (NT_SUCCESS(status)) {
        status = write_pages(ProcessHandle, process->pid, (uintptr_t)BaseAddress, Buffer, NumberOfBytesToWrite, &done,
                             patch);
        ob_dereference(&process->object);
    }
    if (NumberOfBytesWritten)
        *NumberOfBytesWritten = done;
    return status;
}
