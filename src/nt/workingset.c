/* workingset.c: what a process has in memory, told by the kernel and the pager, and the limits set on it.
 * Calls host, mm's query and the pager; touches no last error. */
#include "nt/workingset.h"

#include <ntstatus.h>
#include <string.h>

#include "host/lock.h"
#include "host/machine.h"
#include "host/pageout.h"
#include "host/pagemap.h"
#include "mm/mm.h"
#include "nt/process.h"
#include "pager/pager.h"

#define QUERY_RIGHTS (PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION)
#define MINIMUM_PAGES 13u /* the smallest maximum that Windows takes */
#define CHUNK 512u        /* pagemap entries read at once */

/* Written under the lock; Windows' defaults for a new process. */
static struct {
    host_lock lock;
    SIZE_T minimum, maximum; /* O bytes */
    DWORD flags;             /* O QUOTA_LIMITS_HARDWS_* */
} workingset_state = {
    .lock = HOST_LOCK(RANK_OBJECT),
    .minimum = 50 * MM_PAGE,
    .maximum = 345 * MM_PAGE,
    .flags = QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE,
};

NTSTATUS nt_memory_counters(HANDLE process, PROCESS_MEMORY_COUNTERS_EX2 *counters)
{
    struct host_process_memory memory;
    struct pager_commit commit = {0};
    int pid;
    NTSTATUS status = nt_process_id(process, QUERY_RIGHTS, &pid);
    if (status < 0)
        return status;
    if (host_process_memory(pid, &memory) != 0)
        return STATUS_ACCESS_DENIED;
    if (pid == 0)
        pager_get_commit(&commit);
    /* What the library did not commit (the image's data, stacks, libc) is private memory all the same. */
    SIZE_T private_bytes = memory.private_resident + memory.swapped;
    SIZE_T usage = commit.total * MM_PAGE > private_bytes ? commit.total * MM_PAGE : private_bytes;
    SIZE_T peak = commit.peak * MM_PAGE > usage ? commit.peak * MM_PAGE : usage;
    *counters = (PROCESS_MEMORY_COUNTERS_EX2){
        .cb = sizeof *counters,
        .PageFaultCount = (DWORD)(memory.minor_faults + memory.major_faults),
        .PeakWorkingSetSize = memory.resident_peak,
        .WorkingSetSize = memory.resident,
        .QuotaPeakPagedPoolUsage = memory.page_tables,
        .QuotaPagedPoolUsage = memory.page_tables,
        .PagefileUsage = usage,
        .PeakPagefileUsage = peak,
        .PrivateUsage = usage,
        .PrivateWorkingSetSize = memory.private_resident,
        .SharedCommitUsage = 0,
    };
    return STATUS_SUCCESS;
}

/* psapi's five protection bits: 1 read-only, 2 execute, 3 both, 4 read/write, 5 copy-on-write, +8 no-cache, +16 guard.
 */
static ULONG_PTR short_protection(DWORD protect)
{
    ULONG_PTR bits = 0;
    switch (protect & 0xFF) {
    case PAGE_READONLY:
        bits = 1;
        break;
    case PAGE_EXECUTE:
        bits = 2;
        break;
    case PAGE_EXECUTE_READ:
        bits = 3;
        break;
    case PAGE_READWRITE:
        bits = 4;
        break;
    case PAGE_WRITECOPY:
        bits = 5;
        break;
    case PAGE_EXECUTE_READWRITE:
        bits = 6;
        break;
    case PAGE_EXECUTE_WRITECOPY:
        bits = 7;
        break;
    default:
        break;
    }
    return bits | (protect & PAGE_NOCACHE ? 8 : 0) | (protect & PAGE_GUARD ? 16 : 0);
}

/* Adds the pages of one region that are in memory; counts all, stores what fits. */
static int add_region(const MEMORY_BASIC_INFORMATION *region, PSAPI_WORKING_SET_BLOCK *blocks, size_t room,
                      size_t *count)
{
    uint64_t entries[CHUNK];
    uintptr_t address = (uintptr_t)region->BaseAddress;
    for (size_t left = region->RegionSize / MM_PAGE; left;) {
        size_t some = left < CHUNK ? left : CHUNK;
        int error = host_pagemap_read(address, some, entries);
        if (error)
            return error;
        for (size_t i = 0; i < some; i++) {
            if (!(entries[i] & HOST_PAGEMAP_PRESENT))
                continue;
            ULONG_PTR shared = region->Type != MEM_PRIVATE && (entries[i] & HOST_PAGEMAP_SHARED);
            if (*count < room)
                blocks[*count].Flags = (address + i * MM_PAGE) | shared << 8 | short_protection(region->Protect);
            ++*count;
        }
        address += some * MM_PAGE;
        left -= some;
    }
    return 0;
}

NTSTATUS nt_query_working_set(HANDLE process, PSAPI_WORKING_SET_INFORMATION *information, size_t size)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_QUERY_INFORMATION, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return STATUS_NOT_SUPPORTED;
    if (size < sizeof information->NumberOfEntries)
        return STATUS_INFO_LENGTH_MISMATCH;
    size_t count = 0, room = (size - sizeof information->NumberOfEntries) / sizeof information->WorkingSetInfo[0];
    MEMORY_BASIC_INFORMATION region;
    for (const char *at = NULL; mm_query(at, &region) >= 0; at = (const char *)region.BaseAddress + region.RegionSize)
        if (region.State == MEM_COMMIT && add_region(&region, information->WorkingSetInfo, room, &count) != 0)
            return STATUS_UNSUCCESSFUL;
    information->NumberOfEntries = count;
    return count > room ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* One page: an untouched or paged-out one has no valid bit and no protection. */
static ULONG_PTR page_attributes(const void *address)
{
    MEMORY_BASIC_INFORMATION region;
    uint64_t entry;
    PSAPI_WORKING_SET_EX_BLOCK block = {.Flags = 0};
    uintptr_t page = (uintptr_t)address & ~(MM_PAGE - 1);
    if (mm_query(address, &region) < 0 || region.State != MEM_COMMIT)
        return 0;
    bool accessible = !(region.Protect & (PAGE_NOACCESS | PAGE_GUARD));
    if (!accessible || host_pagemap_read(page, 1, &entry) != 0 || !(entry & HOST_PAGEMAP_PRESENT)) {
        block.Invalid.Shared = region.Type == MEM_MAPPED;
        return block.Flags;
    }
    block.Valid = 1;
    block.Shared = (entry & HOST_PAGEMAP_SHARED) != 0;
    block.ShareCount = block.Shared ? (entry & HOST_PAGEMAP_ONE_MAPPER ? 1 : 2) : 0;
    block.Win32Protection = region.Protect & 0x7FF;
    return block.Flags;
}

NTSTATUS nt_query_working_set_ex(HANDLE process, PSAPI_WORKING_SET_EX_INFORMATION *entries, size_t count)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_QUERY_INFORMATION, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return STATUS_NOT_SUPPORTED;
    for (size_t i = 0; i < count; i++)
        entries[i].VirtualAttributes.Flags = page_attributes(entries[i].VirtualAddress);
    return STATUS_SUCCESS;
}

NTSTATUS nt_get_working_set_size(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags)
{
    int pid;
    NTSTATUS status = nt_process_id(process, QUERY_RIGHTS, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return STATUS_NOT_SUPPORTED;
    host_lock_acquire(&workingset_state.lock);
    SIZE_T low = workingset_state.minimum, high = workingset_state.maximum;
    DWORD set = workingset_state.flags;
    host_lock_release(&workingset_state.lock);
    *minimum = low;
    *maximum = high;
    *flags = set;
    return STATUS_SUCCESS;
}

/* The flags in force after a change: for each limit, what was asked, else what was. */
static DWORD merge_flags(DWORD asked, DWORD before)
{
    const DWORD minimum = QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MIN_DISABLE;
    const DWORD maximum = QUOTA_LIMITS_HARDWS_MAX_ENABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE;
    return (asked & minimum ? asked & minimum : before & minimum) |
           (asked & maximum ? asked & maximum : before & maximum);
}

static bool contradicts(DWORD flags)
{
    const DWORD known = QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MIN_DISABLE |
                        QUOTA_LIMITS_HARDWS_MAX_ENABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE;
    return (flags & ~known) ||
           ((flags & QUOTA_LIMITS_HARDWS_MIN_ENABLE) && (flags & QUOTA_LIMITS_HARDWS_MIN_DISABLE)) ||
           ((flags & QUOTA_LIMITS_HARDWS_MAX_ENABLE) && (flags & QUOTA_LIMITS_HARDWS_MAX_DISABLE));
}

NTSTATUS nt_set_working_set_size(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_SET_QUOTA, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return STATUS_NOT_SUPPORTED;
    if (contradicts(flags))
        return STATUS_INVALID_PARAMETER;
    if (minimum == (SIZE_T)-1 && maximum == (SIZE_T)-1)
        return nt_empty_working_set(process);
    if (minimum == 0 || maximum == 0)
        return STATUS_INVALID_PARAMETER;
    if (minimum > maximum || maximum < MINIMUM_PAGES * MM_PAGE)
        return STATUS_BAD_WORKING_SET_LIMIT;
    host_lock_acquire(&workingset_state.lock);
    workingset_state.minimum = minimum & ~(MM_PAGE - 1);
    workingset_state.maximum = maximum & ~(MM_PAGE - 1);
    workingset_state.flags = merge_flags(flags, workingset_state.flags);
    host_lock_release(&workingset_state.lock);
    return STATUS_SUCCESS;
}

NTSTATUS nt_empty_working_set(HANDLE process)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_SET_QUOTA, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return STATUS_NOT_SUPPORTED;
    pager_trim(0, SIZE_MAX);
    MEMORY_BASIC_INFORMATION region;
    for (const char *at = NULL; mm_query(at, &region) >= 0; at = (const char *)region.BaseAddress + region.RegionSize)
        if (region.State == MEM_COMMIT && region.Type != MEM_IMAGE && !(pager_on && region.Type == MEM_PRIVATE))
            (void)host_page_out(region.BaseAddress, region.RegionSize); /* what cannot leave stays, as on Windows */
    return STATUS_SUCCESS;
}
