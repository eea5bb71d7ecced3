/* store.h: encoded pages, in a log of 128 KiB segments. A segment is in memory (its buffer inside the budget) or in the
 * paging file at the same offsets, so moving it out changes no page table entry. A blob is a header and the encoded
 * bytes; its place stays until it is freed or compaction moves it (by CAS on the owner's PTE).
 * "Lock W": the caller holds the pager's lock (evict.h). */
#ifndef WINMEM_PAGER_STORE_H
#define WINMEM_PAGER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pager/codec.h"
#include "pager/pte.h"

#define SEGMENT_BYTES 131072u
#define SEGMENT_PAGES (SEGMENT_BYTES / 4096u)
#define STORE_STEP ((size_t)8 * SEGMENT_PAGES) /* by which it shrinks after a batch, which adds less */

/* LEAVING: written, its live bytes are being counted over to the file: who frees some waits for that moment. */
enum segment_state { SEGMENT_FREE, SEGMENT_OPEN, SEGMENT_SEALED, SEGMENT_WRITING, SEGMENT_LEAVING, SEGMENT_FILE };

struct segment {
    _Atomic uint32_t state;  /* written under lock W */
    _Atomic uint32_t pins;   /* readers of the buffer */
    _Atomic int32_t live;    /* bytes of blobs in use, + 1 while open, being written or compacted */
    _Atomic uint32_t queued; /* on the list of empty segments */
    uint32_t used;           /* W: bytes appended */
    uint32_t buffer;         /* W: in memory: index of its buffer */
    uint32_t slot;           /* W: in the file: index of its slot */
    uint32_t next;           /* lists of free and empty segments */
    uint64_t nonce;          /* W: of its encryption in the file */
    uint16_t file;           /* W: which paging file */
    uint16_t stream;         /* W: which sizes of blobs it takes */
    uint32_t born;           /* W: sequence when sealed, the age of its pages */
    int32_t fill_below;      /* W: with fewer live bytes its holes, or it in the file, are worth another look */
    uint32_t forks;          /* W: in the file: forks of the process before it was written */
};

struct store_totals {
    size_t buffers;    /* segments in memory */
    size_t open_bytes; /* appended since start */
    size_t live_bytes; /* of segments in memory */
    size_t file_live_bytes;
    uint64_t encoded[CODEC_COUNT], kept_dropped;
    uint64_t bytes_in, bytes_out; /* page bytes encoded, and what they became */
    uint64_t compacted, moved, migrated, read_from_file, checksum_errors;
};

int store_start(size_t machine_pages);
/* Lock W. Appends encoded bytes for a page; 0: no room now (store_prepare, or evict first). */
place store_append_locked(size_t page, enum codec codec, const void *bytes, uint32_t length);
/* Lock W. Makes one spare buffer ready if the budget has room for it. */
bool store_prepare_locked(bool over_budget);
/* Any thread. */
void store_free(place at);
/* Decodes up to `count` pages that follow each other, from memory or the file; those in one part of the file are read
 * by one call. The caller's transition of the pages keeps their places alive. `scratch` is SEGMENT_BYTES + 8192,
 * aligned to a page, for reads from the file. Returns how many, or -errno for the first: -EIO (lost), -ENOMEM... */
int store_read_run(const place *at, size_t page, size_t count, void *into, void *scratch);
bool store_in_memory(place at);
/* Lock W. Frees whole buffers: empty ones, then by compaction, then by writing the oldest to the paging file, until
 * `pages` of the budget came free. Returns how many did. `drop_kept`: kept copies are given up. */
size_t store_shrink_locked(size_t pages);
/* Lock W. Begins to write pages that do not get smaller to the paging file, when there are more than a few: in memory
 * they take as much as they would as resident pages. `wait`: until only a few are left, or no more can be written. */
void store_spill_locked(bool wait);
/* Lock W. Gives back what is empty and keeps the waste low; called after each eviction. */
void store_tidy_locked(void);
/* Lock W. Only gives back what is empty: after much was freed. */
void store_release_empty_locked(void);
/* Lock W. Pages of the budget that the store may have before it pages to the file. */
size_t store_pages(void);
/* Pages of which memory has the encoded bytes, about. */
size_t store_stored(void);
/* Pages that the encoded bytes in the paging file would take. */
size_t store_file_pages(void);
void store_get_totals(struct store_totals *totals);
struct segment *store_segment(uint32_t segment);
void *store_buffer(uint32_t buffer);
/* Lock W. A write of the segment to the file ended. */
void store_written_locked(uint32_t segment, int error);
/* Walks the whole structure; NULL or what is wrong. Lock W, no faults in progress. */
const char *store_check_locked(void);

#endif
