/* winmem.h: the library's own interface, for programs that want to see or steer what the Windows calls cannot say:
 * the RAM budget, statistics of paging, and where one page is. Plain C; 0 or a negative errno value is returned. */
#ifndef WINMEM_H
#define WINMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#define WINMEM_OWN __attribute__((visibility("default")))

/* Counters and amounts; amounts are in pages of 4096 bytes unless the name says bytes. While paging has not started
 * (commit within the budget) everything after commit_limit is 0. zeroed + standby + modified + active + tables is the
 * budget, or the budget and over_budget: what had to be kept beyond it (locked pages, a full disk). modified and
 * standby are the compressed store; standby is the part of it that copies pages which are active too, and that can be
 * given up at once. budget 0: none is set, then zeroed is 0 too. */
struct winmem_statistics {
    uint32_t size;           /* in: sizeof of the caller's structure; out: bytes filled */
    uint32_t paging;         /* 1: paging has started */
    uint32_t handler_thread; /* 1: faults are resolved by a thread, 0: by the faulting thread */
    int32_t error;           /* why paging could not start, negative errno; 0: no reason */
    uint64_t commit, commit_peak, commit_limit;
    uint64_t budget, active, modified, standby, zeroed, tables, over_budget;
    uint64_t faults, demand_zero_faults, soft_faults, hard_faults, write_faults, collided_faults;
    uint64_t read_ahead_pages, in_page_errors;
    uint64_t evicted, evicted_clean, evicted_zero, evicted_encoded, evictions_cancelled;
    uint64_t encoded_raw, encoded_zero_bytes, encoded_lz4, bytes_before_encoding, bytes_after_encoding;
    uint64_t store_live_bytes, store_segments_written, store_segments_compacted, checksum_errors;
    uint64_t file_bytes, file_maximum_bytes, file_used_bytes, file_peak_bytes;
    uint64_t file_reads, file_writes, file_bytes_read, file_bytes_written, file_read_errors, file_write_errors;
    uint64_t
        section_pages; /* of active: what sections have in memory that are not paged, because others may have them */
    uint64_t unpaged_pages; /* and of active: private memory that is not paged, as the kernel counts it: what
                               copy-on-write views and private mappings of files have made their own, stacks, memory
                               mapped past the library */
};
WINMEM_OWN int winmem_get_statistics(struct winmem_statistics *statistics);

/* Sets the RAM budget of this process in bytes, 0 for none, while it runs. -EBUSY: the budget is set, but what is
 * locked and the tables are more than that. */
WINMEM_OWN int winmem_set_ram(uint64_t bytes);

enum winmem_page_state {
    WINMEM_FREE,    /* nothing, or only reserved */
    WINMEM_UNPAGED, /* committed, and left to the kernel: paging has not started or does not cover it */
    WINMEM_DEMAND_ZERO,
    WINMEM_VALID,
    WINMEM_TRANSITION, /* coming in or going out right now */
    WINMEM_STORED,     /* in the compressed store */
    WINMEM_PAGED_OUT,  /* in the paging file */
    WINMEM_LOST,       /* cannot be brought back: an access raises STATUS_IN_PAGE_ERROR */
};
/* An address taken apart. */
struct winmem_translation {
    uint32_t size;               /* in: sizeof of the caller's structure */
    uint32_t pml4, pdpt, pd, pt; /* indices of the processor's four page-table levels */
    uint32_t offset;             /* in the page */
    uint32_t state;              /* enum winmem_page_state */
    uint64_t entry;              /* winmem's page table entry as it is */
    uint64_t frame;              /* VALID: winmem's frame number */
    uint64_t kernel_frame;       /* the machine's frame number; 0: not in memory, or the kernel does not tell */
    uint32_t age, priority, locked, has_copy;
    uint32_t segment, segment_offset, stored_bytes; /* place in the store or the file, of the page or of its copy */
    uint64_t file_offset;                           /* PAGED_OUT: byte in the paging file */
    uint64_t prototype; /* a view's page: the section's page, from 1 on, that all of this is about; else 0 */
};
/* -EFAULT: not a user address. */
WINMEM_OWN int winmem_translate(const void *address, struct winmem_translation *translation);

#ifdef __cplusplus
}
#endif
#endif
