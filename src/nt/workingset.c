/* workingset.c: what a process has in memory, told by the kernel and the pager, and the limits set on it.
 * Calls host, mm's query and the pager; touches no last error. */
#include "nt/workingset.h"

#include <ntstatus.h>
#include <processthreadsapi.h>
#include <stdatomic.h>
#include <string.h>

#include "host/fork.h"
#include "host/lock.h"
#include "host/machine.h"
#include "host/pageout.h"
#include "host/pagemap.h"
#include "mm/mm.h"
#include "mm/stack.h"
#include "nt/notification.h"
#include "nt/process.h"
#include "nt/processcall.h"
#include "nt/residency.h"
#include "pager/pager.h"

#define QUERY_RIGHTS (PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION)
#define MAXIMUM_LEAST 13u /* pages: the smallest maximum that Windows takes */
#define MINIMUM_LEAST 20u /* a smaller minimum is raised to this */
#define SYSTEM_PAGES 512u /* never available to one process' working set */
#define ARENA_LEAST 64u   /* pages left to paged memory under any hard maximum */
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
HOST_LOCK_AT_FORK(workingset_state.lock, RANK_OBJECT)

/* The pager's store and tables are in no working set, as the system's compressed memory is in none on Windows; its
 * faults are nobody else's. Returns the bytes of its tables. */
static uint64_t without_pager(struct host_process_memory *memory)
{
    struct pager_statistics pager;
    pager_get_statistics(&pager);
    if (!pager.on)
        return 0;
    memory->minor_faults += pager.demand_zero + pager.soft;
    memory->major_faults += pager.hard;
    uint64_t own = (pager.modified + pager.tables) * MM_PAGE;
    memory->resident -= own < memory->resident ? own : 0;
    memory->private_resident -= own < memory->private_resident ? own : 0;
    uint64_t peak = memory->resident + (pager.resident_peak - pager.resident) * MM_PAGE;
    memory->resident_peak = peak < memory->resident_peak ? peak : memory->resident_peak;
    static _Atomic uint64_t told; /* a peak never falls */
    uint64_t before = atomic_load(&told);
    peak = memory->resident > memory->resident_peak ? memory->resident : memory->resident_peak;
    while (peak > before && !atomic_compare_exchange_weak(&told, &before, peak)) {}
    memory->resident_peak = peak > before ? peak : before;
    return pager.tables * MM_PAGE;
}

/* Of a process that has ended: what it came to, as far as its parent is told. */
static NTSTATUS last_counters(HANDLE process, PROCESS_MEMORY_COUNTERS_EX2 *counters)
{
    struct nt_ended ended;
    NTSTATUS status = nt_process_ended(process, QUERY_RIGHTS, &ended);
    if (status < 0 || !ended.used)
        return STATUS_PROCESS_IS_TERMINATING;
    *counters = (PROCESS_MEMORY_COUNTERS_EX2){
        .cb = sizeof *counters, .PageFaultCount = (DWORD)ended.faults, .PeakWorkingSetSize = ended.resident_peak};
    return STATUS_SUCCESS;
}

NTSTATUS nt_memory_counters(HANDLE process, PROCESS_MEMORY_COUNTERS_EX2 *counters)
{
    struct host_process_memory memory;
    struct pager_commit commit = {0};
    uint64_t tables = 0;
    int pid;
    NTSTATUS status = nt_process_id(process, QUERY_RIGHTS, &pid);
    if (status == STATUS_PROCESS_IS_TERMINATING)
        return last_counters(process, counters);
    if (status < 0)
        return status;
    if (pid != 0 && nt_remote_counters(process, counters) >= 0)
        return STATUS_SUCCESS; /* else what the kernel tells will do */
    if (host_process_memory(pid, &memory) != 0)
        return STATUS_ACCESS_DENIED;
    if (pid == 0) {
        mm_stack_settle();
        pager_get_commit(&commit);
    }
    if (pid == 0)
        tables = without_pager(&memory);
    /* What the library did not commit (the image's data, stacks, libc) is private memory all the same. */
    SIZE_T private_bytes = memory.private_resident + memory.swapped;
    SIZE_T charged = (commit.total - commit.shared) * MM_PAGE;
    SIZE_T usage = charged > private_bytes ? charged : private_bytes;
    SIZE_T peak = commit.peak * MM_PAGE > usage ? commit.peak * MM_PAGE : usage;
    *counters = (PROCESS_MEMORY_COUNTERS_EX2){
        .cb = sizeof *counters,
        .PageFaultCount = (DWORD)(memory.minor_faults + memory.major_faults),
        .PeakWorkingSetSize = memory.resident_peak,
        .WorkingSetSize = memory.resident,
        .QuotaPeakPagedPoolUsage = memory.page_tables,
        .QuotaPagedPoolUsage = memory.page_tables,
        .QuotaPeakNonPagedPoolUsage = tables,
        .QuotaNonPagedPoolUsage = tables,
        .PagefileUsage = usage,
        .PeakPagefileUsage = peak,
        .PrivateUsage = usage,
        .PrivateWorkingSetSize = memory.private_resident,
        .SharedCommitUsage = commit.shared * MM_PAGE,
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

/* Adds the pages of one region from *at on that are in memory, while there is room; *at: behind what was looked at. */
static int add_region(const MEMORY_BASIC_INFORMATION *region, uintptr_t *at, PSAPI_WORKING_SET_BLOCK *blocks,
                      size_t room, size_t *count)
{
    uint64_t entries[CHUNK];
    uintptr_t end = (uintptr_t)region->BaseAddress + region->RegionSize;
    for (size_t before = *count; *at < end && *count < room; before = *count) {
        size_t left = (end - *at) / MM_PAGE, some = left < CHUNK ? left : CHUNK;
        int error = host_pagemap_read(*at, some, entries);
        if (error)
            return error;
        for (size_t i = 0; i < some && *count < room; i++, *at += MM_PAGE) {
            if (!(entries[i] & HOST_PAGEMAP_PRESENT))
                continue;
            ULONG_PTR shared = region->Type != MEM_PRIVATE && (entries[i] & HOST_PAGEMAP_SHARED);
            ULONG_PTR sharers = shared ? (entries[i] & HOST_PAGEMAP_ONE_MAPPER ? 1 : 2) : 0;
            blocks[(*count)++].Flags = *at | shared << 8 | sharers << 5 | short_protection(region->Protect);
        }
        if (*count == before) /* terabytes may follow that nobody has touched */
            *at = host_pagemap_next(*at, end);
    }
    return 0;
}

NTSTATUS nt_working_set_piece(uintptr_t *at, PSAPI_WORKING_SET_BLOCK *blocks, size_t *count)
{
    MEMORY_BASIC_INFORMATION region;
    size_t room = *count;
    *count = 0;
    while (*count < room && mm_query((const void *)*at, &region) >= 0) {
        if (region.State != MEM_COMMIT)
            *at = (uintptr_t)region.BaseAddress + region.RegionSize;
        else if (add_region(&region, at, blocks, room, count) != 0)
            return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}

/* Counts all, stores what fits. */
NTSTATUS nt_query_working_set(HANDLE process, PSAPI_WORKING_SET_INFORMATION *information, size_t size)
{
    PSAPI_WORKING_SET_BLOCK piece[NT_CALL_BLOCKS_MOST];
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_QUERY_INFORMATION, &pid);
    if (status < 0)
        return status;
    if (size < sizeof information->NumberOfEntries)
        return STATUS_INFO_LENGTH_MISMATCH;
    size_t total = 0, room = (size - sizeof information->NumberOfEntries) / sizeof information->WorkingSetInfo[0];
    uintptr_t at = 0;
    for (size_t count = NT_CALL_BLOCKS_MOST; count == NT_CALL_BLOCKS_MOST; total += count) {
        status =
            pid != 0 ? nt_remote_working_set(process, &at, piece, &count) : nt_working_set_piece(&at, piece, &count);
        if (status < 0)
            return status;
        if (total < room)
            memcpy(&information->WorkingSetInfo[total], piece,
                   (count < room - total ? count : room - total) * sizeof *piece);
    }
    information->NumberOfEntries = total;
    return total > room ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* A page that the kernel moves elsewhere just now looks swapped: what the pager knows, and a second look, tell. */
static bool is_present(uintptr_t page, uint64_t *entry)
{
    struct pager_page paged;
    for (unsigned look = 0; look < 4; look++) {
        if (host_pagemap_read(page, 1, entry) != 0)
            return false;
        if (!(*entry & HOST_PAGEMAP_SWAPPED))
            break;
        pager_get_page(page, &paged);
        if (paged.state == PAGER_PAGE_RESIDENT)
            return true;
    }
    return *entry & HOST_PAGEMAP_PRESENT;
}

static ULONG_PTR absent_attributes(uintptr_t page, const MEMORY_BASIC_INFORMATION *region)
{
    struct pager_page paged;
    PSAPI_WORKING_SET_EX_BLOCK block = {.Flags = 0};
    pager_get_page(page, &paged);
    block.Invalid.Shared = region->Type == MEM_MAPPED;
    block.Invalid.Bad = paged.state == PAGER_PAGE_BAD;
    return block.Flags;
}

/* One page: an untouched or paged-out one has no valid bit and no protection. */
static ULONG_PTR page_attributes(const void *address)
{
    MEMORY_BASIC_INFORMATION region;
    struct mm_region_information whole;
    uint64_t entry;
    PSAPI_WORKING_SET_EX_BLOCK block = {.Flags = 0};
    uintptr_t page = (uintptr_t)address & ~(MM_PAGE - 1);
    if (mm_query(address, &region) < 0 || region.State != MEM_COMMIT)
        return 0;
    bool accessible = !(region.Protect & (PAGE_NOACCESS | PAGE_GUARD));
    if (!accessible || !is_present(page, &entry))
        return absent_attributes(page, &region);
    block.Valid = 1;
    block.Shared = region.Type != MEM_PRIVATE && (entry & HOST_PAGEMAP_SHARED) != 0;
    block.ShareCount = block.Shared ? (entry & HOST_PAGEMAP_ONE_MAPPER ? 1 : 2) : 0;
    block.Win32Protection = region.Protect & 0x7FF;
    block.Node = host_numa_page_node(page) & 63;
    block.Locked = nt_is_locked(page);
    block.LargePage = NT_SUCCESS(mm_query_region(address, &whole)) && whole.large;
    return block.Flags;
}

NTSTATUS nt_query_working_set_ex(HANDLE process, PSAPI_WORKING_SET_EX_INFORMATION *entries, size_t count)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_QUERY_INFORMATION, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return nt_remote_pages(process, entries, count);
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
        return nt_remote_get_limits(process, minimum, maximum, flags);
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

/* What is in memory beside the paged pages and what the pager itself needs: images, stacks, the C library's memory. */
static size_t unpaged_pages(void)
{
    struct host_process_memory memory;
    struct pager_statistics pager;
    if (host_process_memory(0, &memory) != 0)
        return 0;
    pager_get_statistics(&pager);
    uint64_t all = memory.resident / MM_PAGE, known = pager.resident + pager.modified + pager.tables;
    if (!pager.on) {
        uint64_t paged = memory.private_resident / MM_PAGE;
        known = pager.commit < paged ? pager.commit : paged;
    }
    return all > known ? (size_t)(all - known) : 0;
}

/* Hard limits become the pager's; the maximum holds for the whole working set, so the unpaged part comes off it. */
static NTSTATUS enforce_limits(SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    size_t least = 0, most = SIZE_MAX, unpaged = unpaged_pages();
    if (flags & QUOTA_LIMITS_HARDWS_MIN_ENABLE && minimum / MM_PAGE > unpaged)
        least = minimum / MM_PAGE - unpaged;
    if (flags & QUOTA_LIMITS_HARDWS_MAX_ENABLE)
        most = maximum / MM_PAGE > unpaged + ARENA_LEAST ? maximum / MM_PAGE - unpaged : ARENA_LEAST;
    if (!pager_on && most == SIZE_MAX && !pager_budget())
        return STATUS_SUCCESS; /* nothing leaves memory anyway */
    (void)pager_set_limits(least, most);
    if (mm_start_paging() == 0)
        return STATUS_SUCCESS;
    (void)pager_set_limits(0, SIZE_MAX);
    return STATUS_NOT_SUPPORTED;
}

static NTSTATUS check_limits(SIZE_T *minimum, SIZE_T *maximum, DWORD flags)
{
    struct nt_physical memory;
    if (contradicts(flags) || *minimum == 0 || *maximum == 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = nt_physical_memory(&memory);
    if (status < 0)
        return status;
    SIZE_T most = memory.total > 2 * SYSTEM_PAGES * MM_PAGE ? memory.total - SYSTEM_PAGES * MM_PAGE : memory.total / 2;
    if (*minimum > *maximum || *maximum < MAXIMUM_LEAST * MM_PAGE)
        return STATUS_BAD_WORKING_SET_LIMIT;
    *minimum = *minimum < MINIMUM_LEAST * MM_PAGE ? MINIMUM_LEAST * MM_PAGE : *minimum & ~(MM_PAGE - 1);
    *maximum = *maximum > most ? most : *maximum & ~(MM_PAGE - 1);
    *maximum = *maximum < *minimum && *maximum < most ? *minimum : *maximum;
    return *minimum > most ? (NTSTATUS)STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS nt_set_working_set_size(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_SET_QUOTA, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return nt_remote_set_limits(process, minimum, maximum, flags);
    if (minimum == (SIZE_T)-1 && maximum == (SIZE_T)-1 && !contradicts(flags))
        return nt_empty_working_set(process);
    status = check_limits(&minimum, &maximum, flags);
    if (status < 0)
        return status;
    host_lock_acquire(&workingset_state.lock);
    DWORD before = workingset_state.flags, after = merge_flags(flags, before);
    host_lock_release(&workingset_state.lock);
    const DWORD hard = QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MAX_ENABLE;
    status = (before | after) & hard ? enforce_limits(minimum, maximum, after) : STATUS_SUCCESS;
    if (status < 0)
        return status;
    host_lock_acquire(&workingset_state.lock);
    workingset_state.minimum = minimum;
    workingset_state.maximum = maximum;
    workingset_state.flags = after;
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
        return nt_remote_set_limits(process, (SIZE_T)-1, (SIZE_T)-1, 0);
    pager_ask();
    (void)mm_start_paging();
    pager_trim(0, SIZE_MAX);
    MEMORY_BASIC_INFORMATION region;
    for (uintptr_t at = 0; mm_query((const void *)at, &region) >= 0;
         at = (uintptr_t)region.BaseAddress + region.RegionSize)
        if (region.State == MEM_COMMIT && region.Type != MEM_IMAGE && !(pager_on && region.Type == MEM_PRIVATE))
            (void)host_page_out(region.BaseAddress, region.RegionSize); /* what cannot leave stays, as on Windows */
    return STATUS_SUCCESS;
}

static _Atomic ULONG memory_priority = MEMORY_PRIORITY_NORMAL;

NTSTATUS nt_set_memory_priority(HANDLE process, ULONG priority)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_SET_INFORMATION, &pid);
    if (status < 0)
        return status;
    if (priority > MEMORY_PRIORITY_NORMAL)
        return STATUS_INVALID_PARAMETER;
    if (pid != 0)
        return nt_remote_set_priority(process, priority);
    atomic_store(&memory_priority, priority);
    pager_set_process_priority(priority ? priority : 1);
    return STATUS_SUCCESS;
}

NTSTATUS nt_get_memory_priority(HANDLE process, ULONG *priority)
{
    int pid;
    NTSTATUS status = nt_process_id(process, QUERY_RIGHTS, &pid);
    if (status < 0)
        return status;
    if (pid != 0)
        return nt_remote_get_priority(process, priority);
    *priority = atomic_load(&memory_priority);
    return STATUS_SUCCESS;
}
