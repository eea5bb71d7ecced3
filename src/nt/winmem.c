/* winmem.c: the library's own interface (winmem.h): statistics, budget, translation. Calls mm, pager, host. */
#include "winmem.h"

#include <errno.h>
#include <string.h>

#include "host/pagemap.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define HIGHEST_USER ((uintptr_t)0x7fffffffffff)

int winmem_get_statistics(struct winmem_statistics *statistics)
{
    struct pager_statistics s;
    if (statistics->size < offsetof(struct winmem_statistics, commit))
        return -EINVAL;
    pager_get_statistics(&s);
    uint64_t standby = pager_standby();
    standby = standby < s.modified ? standby : s.modified;
    struct winmem_statistics all = {
        .paging = s.on,
        .handler_thread = s.thread_mode,
        .error = s.start_error,
        .commit = s.commit,
        .commit_peak = s.commit_peak,
        .commit_limit = s.commit_limit,
        .budget = s.budget,
        .active = s.resident + s.unpaged + s.beside,
        .section_pages = s.unpaged,
        .unpaged_pages = s.beside,
        .modified = s.modified - standby,
        .standby = standby,
        .zeroed = s.zeroed,
        .tables = s.tables,
        .over_budget = s.over_budget,
        .faults = s.faults,
        .demand_zero_faults = s.demand_zero,
        .soft_faults = s.soft,
        .hard_faults = s.hard,
        .write_faults = s.write_protect,
        .collided_faults = s.collided,
        .read_ahead_pages = s.read_ahead,
        .in_page_errors = s.in_page_errors,
        .evicted = s.evicted,
        .evicted_clean = s.evicted_clean,
        .evicted_zero = s.evicted_zero,
        .evicted_encoded = s.encoded,
        .evictions_cancelled = s.taken_back,
        .encoded_raw = s.encoded_raw,
        .encoded_zero_bytes = s.encoded_zero_bytes,
        .encoded_lz4 = s.encoded_lz4,
        .bytes_before_encoding = s.bytes_in,
        .bytes_after_encoding = s.bytes_out,
        .store_live_bytes = s.store_live,
        .store_segments_written = s.migrated,
        .store_segments_compacted = s.compacted,
        .checksum_errors = s.checksum_errors,
        .file_bytes = s.file_size,
        .file_maximum_bytes = s.file_maximum,
        .file_used_bytes = s.file_in_use,
        .file_peak_bytes = s.file_peak,
        .file_reads = s.file_reads,
        .file_writes = s.file_writes,
        .file_bytes_read = s.file_read_bytes,
        .file_bytes_written = s.file_written_bytes,
        .file_read_errors = s.file_read_errors,
        .file_write_errors = s.file_write_errors,
    };
    all.size = statistics->size < sizeof(all) ? statistics->size : (uint32_t)sizeof(all);
    memcpy(statistics, &all, all.size);
    return 0;
}

int winmem_set_ram(uint64_t bytes)
{
    mm_start();
    int error = pager_set_budget(bytes);
    mm_start_paging();
    return error;
}

static uint32_t state_of(const MEMORY_BASIC_INFORMATION *region, const struct pager_page *page)
{
    static const uint8_t states[] = {
        [PAGER_PAGE_NOT_PAGED] = WINMEM_UNPAGED, [PAGER_PAGE_ZERO] = WINMEM_DEMAND_ZERO,
        [PAGER_PAGE_RESIDENT] = WINMEM_VALID,    [PAGER_PAGE_TRANSITION] = WINMEM_TRANSITION,
        [PAGER_PAGE_STORE] = WINMEM_STORED,      [PAGER_PAGE_FILE] = WINMEM_PAGED_OUT,
        [PAGER_PAGE_BAD] = WINMEM_LOST,
    };
    return region->State == MEM_COMMIT ? states[page->state] : (uint32_t)WINMEM_FREE;
}

int winmem_translate(const void *address, struct winmem_translation *translation)
{
    uintptr_t at = (uintptr_t)address;
    MEMORY_BASIC_INFORMATION region;
    struct pager_page page;
    uint64_t entry = 0;
    if (translation->size < sizeof(*translation))
        return -EINVAL;
    if (at > HIGHEST_USER || !NT_SUCCESS(mm_query(address, &region)))
        return -EFAULT;
    pager_get_page(at, &page);
    (void)host_pagemap_read(at & ~(uintptr_t)4095, 1, &entry);
    *translation = (struct winmem_translation){
        .size = sizeof(*translation),
        .pml4 = (uint32_t)(at >> 39) & 511,
        .pdpt = (uint32_t)(at >> 30) & 511,
        .pd = (uint32_t)(at >> 21) & 511,
        .pt = (uint32_t)(at >> 12) & 511,
        .offset = (uint32_t)at & 4095,
        .state = state_of(&region, &page),
        .entry = page.entry,
        .frame = page.frame,
        .kernel_frame = entry & HOST_PAGEMAP_PRESENT ? HOST_PAGEMAP_FRAME(entry) : 0,
        .age = page.age,
        .priority = page.priority,
        .locked = page.locked,
        .has_copy = page.kept,
        .segment = page.segment,
        .segment_offset = page.offset,
        .stored_bytes = page.length,
        .file_offset = page.state == PAGER_PAGE_FILE ? page.file_offset : 0,
        .prototype = page.prototype,
    };
    return 0;
}
