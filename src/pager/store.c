/* store.c: segments of encoded pages: append, read, free, compact, move to the paging file. Signal-safe; calls codec,
 * frame, pte, pagefile; must not touch program memory. The caller's lock W serialises all but reads and frees.
 * New blobs go into the holes of segments that lost some, then into the open segment; so little is ever moved. */
#include "pager/store.h"

#include <errno.h>
#include <string.h>

#include "host/pages.h"
#include "host/uffd.h"
#include "pager/blob.h"
#include "pager/frame.h"
#include "pager/handlers.h"
#include "pager/pagefile.h"
#include "pager/unitmap.h"

#define NO_SEGMENT UINT32_MAX
#define SEGMENT_LIMIT ((uint32_t)1 << 22)
#define SEGMENTS_A_PAGE (4096u / sizeof(struct segment))
#define FILL_REST 16u
#define SPILL_LEAST 4u /* segments */
#define SPILL_DEPTH 8u
#define SPARES 8u
#define SPARES_EACH 4096u /* pages of the budget */
#define SPILL_ROUNDS 256u
#define STREAMS 4u
#define BIG (STREAMS - 1) /* the stream of what hardly gets smaller */
#define STREAMS_LEAST 32u /* buffers from which on there are streams */
#define MAPS_A_PAGE (4096u / sizeof(struct unitmap))
/* A segment with more live bytes has no holes worth looking for. */
#define FILL_MOST ((int32_t)(SEGMENT_BYTES / 64 * 63))

/* Twice as many blobs as are appended may be moved to keep the waste very low. */
#define MOVES_MOST 4096

/* Segments compacted at once: so many, and one for each that many blobs that were appended since. */
#define TIDY_LEAST 4u
#define TIDY_EACH 256u

/* The paging file is cleaned when fewer slots than that are free: of so many segments the one with the fewest live
 * bytes, if it gives back a sixteenth, comes back to memory; so many for each that is written. */
#define CLEAN_SLOTS 16u
#define CLEAN_LOOKS 64u
#define CLEAN_MOST ((int32_t)(SEGMENT_BYTES / 16 * 15))
#define CLEAN_ROUNDS 8u

/* Looked through without success, a segment is looked at again when it has lost that much more. */
#define FILL_AGAIN 1280

static struct {
    struct segment *segments;
    uint8_t *buffers;
    struct unitmap *maps;   /* of each buffer */
    uint32_t *buffer_owner; /* W: segment + 1 in each buffer, 0: free */
    uint32_t *free_buffers; /* W: stack */
    uint32_t free_buffer_count;
    uint32_t buffer_limit, buffers_used; /* W: buffers ever used are 0..buffers_used-1 */
    uint32_t segments_used;              /* W */
    uint32_t free_segment;               /* W: list */
    uint32_t spares[SPARES];             /* W: buffers that are in the budget, and touched */
    uint32_t spare_count;                /* W */
    uint32_t sequence;                   /* W */
    struct stream {
        uint32_t open;           /* segment that is appended to */
        uint32_t fill;           /* segment whose holes are being filled */
        uint32_t fill_unit;      /* where in it */
        uint32_t fill_hand;      /* next buffer to look at */
        uint32_t buffers;        /* of its segments in memory */
        uint32_t rest;           /* blobs until holes are looked for again, after none was found */
    } streams[STREAMS];          /* W: blobs of one size fit into each other's holes */
    uint32_t compacting;         /* W: segment that must not be filled */
    uint8_t *clean_bytes;        /* W: of the segment that comes back from the file */
    bool clean_touched;          /* W: they are in the budget */
    uint32_t clean_hand;         /* W: next segment to look at */
    int64_t moves;               /* W: blobs that may still be moved for a little room */
    uint32_t appended;           /* W: blobs, since it was tidied */
    _Atomic uint64_t empty_head; /* tag, segment */
    _Atomic int64_t memory_live, file_live;
    size_t buffers_in_use;      /* W */
    struct store_totals totals; /* W, or approximate */
} store_state;

int store_start(size_t machine_pages)
{
    void *at;
    uint32_t limit = (uint32_t)(machine_pages / SEGMENT_PAGES) + 64;
    int error = host_table_reserve((size_t)SEGMENT_LIMIT * sizeof(struct segment), &at);
    if (error)
        return error;
    store_state.segments = at;
    error = host_table_reserve((size_t)limit * SEGMENT_BYTES, &at);
    if (error)
        return error;
    store_state.buffers = at;
    error = host_table_reserve(((size_t)limit * 8 + 4095) & ~(size_t)4095, &at);
    if (error)
        return error;
    store_state.buffer_owner = at;
    error = host_table_reserve(((size_t)limit * sizeof(*store_state.maps) + 4095) & ~(size_t)4095, &at);
    if (error)
        return error;
    store_state.maps = at;
    error = host_table_reserve(SEGMENT_BYTES, &at);
    if (error)
        return error;
    store_state.clean_bytes = at;
    store_state.free_buffers = store_state.buffer_owner + limit;
    store_state.buffer_limit = limit;
    store_state.free_segment = NO_SEGMENT;
    for (unsigned i = 0; i < STREAMS; i++)
        store_state.streams[i].open = store_state.streams[i].fill = NO_SEGMENT;
    store_state.compacting = NO_SEGMENT;
    atomic_store(&store_state.empty_head, NO_SEGMENT);
    return blob_start();
}

struct segment *store_segment(uint32_t segment)
{
    return &store_state.segments[segment];
}

void *store_buffer(uint32_t buffer)
{
    return store_state.buffers + (size_t)buffer * SEGMENT_BYTES;
}

static bool in_memory(uint32_t state)
{
    return state == SEGMENT_OPEN || state == SEGMENT_SEALED || state == SEGMENT_WRITING;
}

bool store_in_memory(place at)
{
    return in_memory(atomic_load(&store_segment(place_segment(at))->state));
}

/* ---- live bytes and empty segments ---- */

static void push_empty(uint32_t index)
{
    struct segment *segment = store_segment(index);
    if (atomic_exchange(&segment->queued, 1))
        return;
    uint64_t head = atomic_load(&store_state.empty_head);
    uint64_t replaced;
    do {
        __atomic_store_n(&segment->next, (uint32_t)head, __ATOMIC_RELAXED);
        replaced = ((head >> 32) + 1) << 32 | index;
    } while (!atomic_compare_exchange_weak(&store_state.empty_head, &head, replaced));
}

static void release_live(uint32_t index, int32_t bytes)
{
    if (atomic_fetch_sub(&store_segment(index)->live, bytes) == bytes)
        push_empty(index);
}

/* Whether it is in memory; it stays so, or in the file, and is counted there until it is unpinned. */
static bool pin_in_memory(struct segment *segment)
{
    uint32_t state;
    for (atomic_fetch_add(&segment->pins, 1); (state = atomic_load(&segment->state)) == SEGMENT_LEAVING;) {
        atomic_fetch_sub(&segment->pins, 1);
        host_yield();
        atomic_fetch_add(&segment->pins, 1);
    }
    return in_memory(state);
}

void store_free(place at)
{
    int32_t length = (int32_t)place_length(at);
    struct segment *segment = store_segment(place_segment(at));
    bool memory = pin_in_memory(segment);
    if (memory)
        unitmap_mark(&store_state.maps[segment->buffer], at, false);
    atomic_fetch_sub_explicit(memory ? &store_state.memory_live : &store_state.file_live, length, memory_order_relaxed);
    release_live(place_segment(at), length);
    atomic_fetch_sub(&segment->pins, 1);
}

static void give_buffer_back(uint32_t buffer)
{
    store_state.free_buffers[store_state.free_buffer_count++] = buffer;
    store_state.buffers_in_use--;
    host_table_drop(store_buffer(buffer), SEGMENT_BYTES);
    frame_account_store(-(int64_t)SEGMENT_PAGES);
}

static void give_spares_back(void)
{
    while (store_state.spare_count)
        give_buffer_back(store_state.spares[--store_state.spare_count]);
}

/* The next segments get the memory that compaction or the paging file freed: to drop it and touch it anew cost more
 * than to move the blobs. */
static void free_buffer(uint32_t buffer)
{
    size_t most = 1 + frame_budget() / SPARES_EACH;
    uint32_t owner = store_state.buffer_owner[buffer];
    if (owner)
        store_state.streams[store_segment(owner - 1)->stream].buffers--;
    store_state.buffer_owner[buffer] = 0;
    if (store_state.spare_count >= (most < SPARES ? most : SPARES))
        give_buffer_back(buffer);
    else
        store_state.spares[store_state.spare_count++] = buffer;
}

/* Also before the blobs of a segment are walked over: one that is being freed may have another in that part of it which
 * was free first. Who frees has the segment pinned, and has freed all of it when this returns. */
static void wait_for_readers(struct segment *segment)
{
    while (atomic_load(&segment->pins))
        host_yield();
}

static void free_segment(uint32_t index)
{
    struct segment *segment = store_segment(index);
    atomic_store(&segment->state, SEGMENT_FREE);
    segment->next = store_state.free_segment;
    store_state.free_segment = index;
}

/* Lock W. Everything that became empty goes back. Returns buffers freed. */
static size_t reclaim_empty(void)
{
    size_t freed = 0;
    uint64_t head = atomic_load(&store_state.empty_head);
    while (!atomic_compare_exchange_weak(&store_state.empty_head, &head, ((head >> 32) + 1) << 32 | NO_SEGMENT)) {}
    for (uint32_t index = (uint32_t)head, next; index != NO_SEGMENT; index = next) {
        struct segment *segment = store_segment(index);
        next = segment->next;
        atomic_store(&segment->queued, 0);
        uint32_t state = atomic_load(&segment->state);
        if (atomic_load(&segment->live) != 0 || state == SEGMENT_FREE)
            continue;
        if (state == SEGMENT_FILE) {
            pagefile_free_slot_locked(index);
        } else {
            wait_for_readers(segment);
            free_buffer(segment->buffer);
            freed++;
        }
        free_segment(index);
    }
    return freed;
}

void store_release_empty_locked(void)
{
    if ((uint32_t)atomic_load(&store_state.empty_head) != NO_SEGMENT)
        reclaim_empty();
}

/* ---- appending ---- */

static uint32_t new_segment(void)
{
    uint32_t index = store_state.free_segment;
    if (index != NO_SEGMENT) {
        store_state.free_segment = store_segment(index)->next;
    } else {
        if (store_state.segments_used == SEGMENT_LIMIT)
            return NO_SEGMENT;
        index = store_state.segments_used++;
        if (index % SEGMENTS_A_PAGE == 0)
            frame_account_table(1);
    }
    return index;
}

static bool take_buffer(uint32_t *buffer)
{
    if (store_state.free_buffer_count) {
        *buffer = store_state.free_buffers[--store_state.free_buffer_count];
    } else {
        if (store_state.buffers_used == store_state.buffer_limit)
            return false;
        if (store_state.buffers_used % MAPS_A_PAGE == 0)
            frame_account_table(1);
        *buffer = store_state.buffers_used++;
    }
    store_state.buffers_in_use++;
    frame_account_store(SEGMENT_PAGES);
    return true;
}

bool store_prepare_locked(bool over_budget)
{
    if (store_state.spare_count)
        return true;
    if (!over_budget && frame_available() < (int64_t)SEGMENT_PAGES)
        return false;
    uint32_t buffer;
    if (!take_buffer(&buffer))
        return false;
    store_state.spares[store_state.spare_count++] = buffer;
    return true;
}

static void seal(struct stream *stream)
{
    if (stream->open == NO_SEGMENT)
        return;
    struct segment *segment = store_segment(stream->open);
    uint32_t index = stream->open;
    stream->open = NO_SEGMENT;
    segment->born = store_state.sequence++;
    atomic_store(&segment->state, SEGMENT_SEALED);
    release_live(index, 1);
}

static bool open_next(struct stream *stream)
{
    seal(stream);
    if (!store_state.spare_count && !(store_state.compacting != NO_SEGMENT && store_prepare_locked(true)))
        return false;
    uint32_t index = new_segment();
    if (index == NO_SEGMENT)
        return false;
    struct segment *segment = store_segment(index);
    segment->buffer = store_state.spares[--store_state.spare_count];
    segment->used = 0;
    segment->fill_below = FILL_MOST;
    memset((void *)&store_state.maps[segment->buffer], 0, sizeof(*store_state.maps));
    atomic_store(&segment->live, 1);
    store_state.buffer_owner[segment->buffer] = index + 1;
    atomic_store(&segment->state, SEGMENT_OPEN);
    segment->stream = (uint16_t)(stream - store_state.streams);
    stream->buffers++;
    stream->open = index;
    return true;
}

/* ---- holes ---- */

/* A hole of `total` bytes in the segment that is being filled, at or after the last one; UINT32_MAX: none. */
static uint32_t find_hole(struct stream *stream, uint32_t total)
{
    const struct unitmap *map = &store_state.maps[store_segment(stream->fill)->buffer];
    for (uint32_t unit = stream->fill_unit; unit < UNITMAP_UNITS;) {
        uint32_t from = unitmap_next(map, unit, false);
        unit = unitmap_next(map, from, true);
        if ((unit - from) * PLACE_UNIT >= total) {
            stream->fill_unit = from + total / PLACE_UNIT;
            return from * PLACE_UNIT;
        }
    }
    return UINT32_MAX;
}

static bool worth_filling(const struct stream *stream, uint32_t index)
{
    return store_state.streams + store_segment(index)->stream == stream && index != store_state.compacting &&
           atomic_load(&store_segment(index)->state) == SEGMENT_SEALED &&
           atomic_load(&store_segment(index)->live) < store_segment(index)->fill_below;
}

/* The hand goes on to the next segment with holes. */
static bool next_to_fill(struct stream *stream)
{
    if (stream->rest) {
        stream->rest--;
        return false;
    }
    for (uint32_t looked = 0; looked < store_state.buffers_used && looked < 256; looked++) {
        if (++stream->fill_hand >= store_state.buffers_used)
            stream->fill_hand = 0;
        uint32_t owner = store_state.buffer_owner[stream->fill_hand];
        if (owner && worth_filling(stream, owner - 1)) {
            stream->fill = owner - 1;
            stream->fill_unit = 0;
            return true;
        }
    }
    stream->fill = NO_SEGMENT;
    stream->rest = FILL_REST;
    return false;
}

/* Space in a hole of a sealed segment; *index is that segment. */
static uint32_t take_hole(struct stream *stream, uint32_t total, uint32_t *index)
{
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        if (stream->fill == NO_SEGMENT || !worth_filling(stream, stream->fill)) {
            if (!next_to_fill(stream))
                return UINT32_MAX;
        }
        uint32_t offset = find_hole(stream, total);
        if (offset != UINT32_MAX) {
            *index = stream->fill;
            store_segment(*index)->born = store_state.sequence;
            return offset;
        }
        store_segment(stream->fill)->fill_below = atomic_load(&store_segment(stream->fill)->live) - FILL_AGAIN;
        stream->fill = NO_SEGMENT;
    }
    return UINT32_MAX;
}

/* Blobs of about one size fit into each other's holes. */
static struct stream *stream_of(uint32_t total)
{
    if (store_state.buffers_in_use <= STREAMS_LEAST)
        return store_state.streams;
    return store_state.streams + (total > 2560 ? BIG : total > 1344 ? 2 : total > 768 ? 1 : 0);
}

static uint8_t *append_space(uint32_t total, place *at)
{
    struct stream *stream = stream_of(total);
    uint32_t index, offset = take_hole(stream, total, &index);
    if (offset == UINT32_MAX) {
        if (stream->open == NO_SEGMENT || store_segment(stream->open)->used + total > SEGMENT_BYTES) {
            if (!open_next(stream))
                return NULL;
        }
        index = stream->open;
        offset = store_segment(index)->used;
    }
    struct segment *segment = store_segment(index);
    *at = place_make(index, offset, total);
    uint8_t *bytes = (uint8_t *)store_buffer(segment->buffer) + offset;
    if (offset + total > segment->used)
        segment->used = offset + total;
    unitmap_mark(&store_state.maps[segment->buffer], *at, true);
    atomic_fetch_add(&segment->live, (int32_t)total);
    atomic_fetch_add_explicit(&store_state.memory_live, (int32_t)total, memory_order_relaxed);
    return bytes;
}

place store_append_locked(size_t page, enum codec codec, const void *bytes, uint32_t length)
{
    place at;
    uint32_t total = blob_total_of(length);
    uint8_t *space = append_space(total, &at);
    if (!space)
        return 0;
    blob_make((struct blob_header *)space, page, codec, bytes, length);
    store_state.totals.encoded[codec_base(codec)]++;
    store_state.totals.bytes_in += 4096;
    store_state.moves += store_state.moves < MOVES_MOST ? 2 : 0;
    store_state.appended++;
    store_state.totals.bytes_out += total;
    return at;
}

/* ---- reading ---- */

static int note_decoded(int result)
{
    store_state.totals.checksum_errors += result == -EIO;
    return result;
}

/* Tries the buffer; -ENOENT when the segment is not in memory. */
static int read_memory(place at, size_t page, void *into)
{
    struct segment *segment = store_segment(place_segment(at));
    atomic_fetch_add(&segment->pins, 1);
    int result = -ENOENT;
    if (in_memory(atomic_load(&segment->state))) {
        const uint8_t *bytes = (const uint8_t *)store_buffer(segment->buffer) + place_offset(at);
        result = note_decoded(blob_decode((const struct blob_header *)bytes, place_length(at), page, into, false));
    }
    atomic_fetch_sub(&segment->pins, 1);
    return result;
}

static int read_file(const place *at, size_t page, size_t count, uint8_t *into, uint8_t *scratch)
{
    uint32_t start = place_offset(at[0]) & ~4095u;
    uint32_t end = place_offset(at[count - 1]) + place_length(at[count - 1]);
    end = (end + 4095) & ~4095u;
    handlers_before_wait();
    int error = pagefile_read(place_segment(at[0]), start, end - start, scratch);
    if (error)
        return error;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *bytes = scratch + (place_offset(at[i]) - start);
        error = note_decoded(
            blob_decode((const struct blob_header *)bytes, place_length(at[i]), page + i, into + i * 4096, true));
        if (error)
            return i ? (int)i : error;
    }
    store_state.totals.read_from_file += count;
    return (int)count;
}

int store_read_run(const place *at, size_t page, size_t count, void *into, void *scratch)
{
    size_t done = 0;
    while (done < count) {
        int error = read_memory(at[done], page + done, (uint8_t *)into + done * 4096);
        if (error == 0) {
            done++;
            continue;
        }
        if (error != -ENOENT)
            return done ? (int)done : error;
        size_t run = 1; /* neighbours in the same segment, in order, are one read */
        while (done + run < count && place_segment(at[done + run]) == place_segment(at[done]) &&
               place_offset(at[done + run]) > place_offset(at[done + run - 1]))
            run++;
        int got = read_file(at + done, page + done, run, (uint8_t *)into + done * 4096, scratch);
        if (got < 0)
            return done ? (int)done : got;
        done += (size_t)got;
        if ((size_t)got < run)
            return (int)done;
    }
    return (int)done;
}

/* ---- compaction ---- */

/* The blob at or after *offset. They lie one after another, with holes that the map tells; a blob's total length
 * follows from its header. */
static bool next_blob(const struct segment *segment, uint32_t *offset, uint32_t *total)
{
    *offset = unitmap_next(&store_state.maps[segment->buffer], *offset / PLACE_UNIT, true) * PLACE_UNIT;
    if (*offset + BLOB_HEADER > segment->used)
        return false;
    const struct blob_header *header =
        (const struct blob_header *)((const uint8_t *)store_buffer(segment->buffer) + *offset);
    *total = blob_total_of(blob_length(header));
    return *offset + *total <= segment->used;
}

/* The owner's claim on a blob: its PTE (stored) or its frame (kept copy). Moves it, or gives a kept copy up. */
static bool move_blob(const struct blob_header *header, place from, bool drop_kept)
{
    size_t page = blob_page(header);
    uint32_t total = place_length(from);
    pte entry = pte_raw(page);
    bool stored = pte_state(entry) == PTE_STORED && pte_payload(entry) == from;
    struct frame *frame = NULL;
    if (!stored) {
        if (pte_state(entry) != PTE_VALID)
            return true; /* dead, coming in just now, or leaving: an eviction in progress may rely on the place */
        frame = frame_get((uint32_t)pte_payload(entry));
        if (atomic_load(&frame->kept) != from)
            return true;
        if (drop_kept) {
            atomic_store(&frame->kept, 0);
            store_free(from);
            store_state.totals.kept_dropped++;
            return true;
        }
    }
    place to;
    uint8_t *space = append_space(total, &to);
    if (!space)
        return false;
    memcpy(space, header, total);
    bool moved;
    if (stored) {
        moved = pte_cas(page, entry, pte_with(entry, PTE_STORED, to));
    } else {
        atomic_store(&frame->kept, to);
        moved = true;
    }
    store_free(moved ? from : to);
    store_state.totals.moved += moved;
    store_state.moves -= store_state.moves > 0;
    return true;
}

static void compact(uint32_t index, bool drop_kept)
{
    struct segment *segment = store_segment(index);
    const uint8_t *bytes = store_buffer(segment->buffer);
    atomic_fetch_add(&segment->live, 1);
    store_state.compacting = index;
    wait_for_readers(segment);
    for (uint32_t offset = 0, total; next_blob(segment, &offset, &total); offset += total)
        if (!move_blob((const struct blob_header *)(bytes + offset), place_make(index, offset, total), drop_kept))
            break;
    store_state.compacting = NO_SEGMENT;
    release_live(index, 1);
    store_state.totals.compacted++;
}

/* The sealed segment in memory with the fewest live bytes; NO_SEGMENT if all have more than `most`. */
static uint32_t emptiest(int32_t most)
{
    uint32_t best = NO_SEGMENT;
    for (uint32_t buffer = 0; buffer < store_state.buffers_used; buffer++) {
        uint32_t owner = store_state.buffer_owner[buffer];
        if (!owner || atomic_load(&store_segment(owner - 1)->state) != SEGMENT_SEALED)
            continue;
        int32_t live = atomic_load(&store_segment(owner - 1)->live);
        if (live <= most) {
            most = live - 1;
            best = owner - 1;
        }
    }
    return best;
}

static uint32_t oldest(unsigned least_stream)
{
    uint32_t best = NO_SEGMENT;
    for (uint32_t buffer = 0; buffer < store_state.buffers_used; buffer++) {
        uint32_t owner = store_state.buffer_owner[buffer];
        if (!owner || atomic_load(&store_segment(owner - 1)->state) != SEGMENT_SEALED)
            continue;
        if (store_segment(owner - 1)->stream < least_stream)
            continue;
        if (best == NO_SEGMENT || (int32_t)(store_segment(owner - 1)->born - store_segment(best)->born) < 0)
            best = owner - 1;
    }
    return best;
}

/* ---- to the paging file ---- */

void store_written_locked(uint32_t index, int error)
{
    struct segment *segment = store_segment(index);
    if (error) {
        atomic_store(&segment->state, SEGMENT_SEALED);
    } else {
        atomic_store(&segment->state, SEGMENT_LEAVING);
        wait_for_readers(segment);
        int32_t live = atomic_load(&segment->live) - 1;
        atomic_fetch_sub(&store_state.memory_live, live);
        atomic_fetch_add(&store_state.file_live, live);
        atomic_store(&segment->state, SEGMENT_FILE);
        free_buffer(segment->buffer);
        segment->fill_below = CLEAN_MOST;
        store_state.totals.migrated++;
    }
    release_live(index, 1);
}

/* Makes what is in memory ready for the file. */
static void finish_bytes(uint32_t index)
{
    struct segment *segment = store_segment(index);
    uint8_t *bytes = store_buffer(segment->buffer);
    uint32_t end = 0;
    wait_for_readers(segment);
    for (uint32_t offset = 0, total; next_blob(segment, &offset, &total); offset += total) {
        struct blob_header *header = (struct blob_header *)(bytes + offset);
        header->checksum = blob_checksum(header);
        blob_fill_hole(bytes, end, offset);
        end = offset + total;
    }
    blob_fill_hole(bytes, end, segment->used);
}

/* A blob as it was written: moved to memory if it is still somebody's. A copy that was kept of a page in memory is
 * given up. False: no room, or it is not what was written, which its next reader is to be told. */
static bool fetch_blob(const struct blob_header *header, place from)
{
    size_t page = blob_page(header);
    if (page >= pte_table.pages)
        return true;
    pte entry = pte_raw(page);
    if (pte_state(entry) == PTE_STORED && pte_payload(entry) == from && blob_checksum(header) != header->checksum)
        return false;
    return move_blob(header, from, true);
}

/* Takes the live blobs of a segment out of the file. Those that are being read stay. False: it could not be read, or
 * there is no room. */
static bool fetch(uint32_t index)
{
    struct segment *segment = store_segment(index);
    const uint8_t *bytes = store_state.clean_bytes;
    if (!store_state.clean_touched)
        frame_account_table(SEGMENT_PAGES);
    store_state.clean_touched = true;
    atomic_fetch_add(&segment->live, 1);
    store_state.compacting = index;
    bool good = pagefile_read(index, 0, (segment->used + 4095) & ~4095u, store_state.clean_bytes) == 0;
    for (uint32_t offset = 0, total; good && offset + BLOB_HEADER <= segment->used; offset += total) {
        const struct blob_header *header = (const struct blob_header *)(bytes + offset);
        total = blob_total_of(blob_length(header));
        good = offset + total <= segment->used && fetch_blob(header, place_make(index, offset, total));
    }
    store_state.compacting = NO_SEGMENT;
    segment->fill_below = atomic_load(&segment->live) - 1 - FILL_AGAIN;
    release_live(index, 1);
    return good;
}

static uint32_t emptiest_in_file(void)
{
    struct pagefile_look look = {0};
    uint32_t best = NO_SEGMENT,
             looks = store_state.segments_used < CLEAN_LOOKS ? store_state.segments_used : CLEAN_LOOKS;
    for (int32_t most = CLEAN_MOST; looks; looks--) {
        if (++store_state.clean_hand >= store_state.segments_used)
            store_state.clean_hand = 0;
        const struct segment *segment = store_segment(store_state.clean_hand);
        int32_t live = atomic_load(&segment->live);
        if (atomic_load(&segment->state) != SEGMENT_FILE)
            continue;
        if (live < most && live < segment->fill_below && pagefile_gives_back_locked(store_state.clean_hand, &look)) {
            most = live;
            best = store_state.clean_hand;
        }
    }
    return best;
}

/* Whether a segment can be written. When the file is nearly full, those of its segments that have few live blobs give
 * their slots back: else it would fill up with what nobody needs. */
static bool file_takes(void)
{
    for (unsigned round = 0; round < CLEAN_ROUNDS && pagefile_has_fewer_locked(CLEAN_SLOTS); round++) {
        uint32_t index = emptiest_in_file();
        bool good = index != NO_SEGMENT && fetch(index);
        reclaim_empty();
        if (!good)
            break;
    }
    return pagefile_usable_locked();
}

static bool migrate_oldest(unsigned least_stream)
{
    uint32_t index = oldest(least_stream);
    if (index == NO_SEGMENT)
        return false;
    struct segment *segment = store_segment(index);
    atomic_fetch_add(&segment->live, 1);
    atomic_store(&segment->state, SEGMENT_WRITING);
    finish_bytes(index);
    int error = pagefile_write_locked(index);
    if (error) {
        atomic_store(&segment->state, SEGMENT_SEALED);
        release_live(index, 1);
    }
    return error == 0;
}

static bool compact_emptiest(int32_t most, bool drop_kept)
{
    uint32_t index = emptiest(most);
    if (index == NO_SEGMENT)
        return false;
    compact(index, drop_kept);
    return true;
}

size_t store_shrink_locked(size_t pages)
{
    size_t before = store_state.buffers_in_use;
    size_t want = (pages + SEGMENT_PAGES - 1) / SEGMENT_PAGES;
    for (unsigned round = 0; round < 4 * want + 16; round++) {
        pagefile_reap_locked(false);
        reclaim_empty();
        if (store_state.buffers_in_use + want <= before)
            break;
        if (compact_emptiest((int32_t)SEGMENT_BYTES * 3 / 4, true))
            continue;
        if (pagefile_in_flight_locked() < want && file_takes() && migrate_oldest(0))
            continue;
        if (pagefile_in_flight_locked()) {
            pagefile_reap_locked(true);
            continue;
        }
        if (!compact_emptiest((int32_t)SEGMENT_BYTES * 15 / 16, true))
            break;
    }
    reclaim_empty();
    if (store_state.buffers_in_use + want > before)
        give_spares_back();
    return store_state.buffers_in_use < before ? (before - store_state.buffers_in_use) * SEGMENT_PAGES : 0;
}

void store_spill_locked(bool wait)
{
    size_t most = frame_budget() / SEGMENT_PAGES / 128 + SPILL_LEAST;
    for (unsigned round = 0;
         round < SPILL_ROUNDS && store_state.streams[BIG].buffers > most + pagefile_in_flight_locked(); round++) {
        if (pagefile_in_flight_locked() >= SPILL_DEPTH && !pagefile_reap_locked(wait))
            return;
        if (!file_takes() || !migrate_oldest(BIG))
            return;
    }
}

/* Where encoded pages fill most of the budget, each page wasted is one of the few that could be resident: then little
 * may be wasted, as far as moving blobs does not cost more than encoding them. */
void store_tidy_locked(void)
{
    pagefile_reap_locked(false);
    reclaim_empty();
    uint32_t rounds = TIDY_LEAST + store_state.appended / TIDY_EACH;
    store_state.appended = 0;
    for (uint32_t i = 0; i < rounds; i++) {
        bool thorough = store_state.moves > 0;
        int64_t held = (int64_t)store_state.buffers_in_use * SEGMENT_BYTES;
        int64_t live = atomic_load_explicit(&store_state.memory_live, memory_order_relaxed);
        int64_t in_flight = (int64_t)pagefile_in_flight_locked() * SEGMENT_BYTES;
        if (held - in_flight - live <= held / (thorough ? 64 : 10) + 3 * (int64_t)SEGMENT_BYTES)
            break;
        if (!compact_emptiest((int32_t)SEGMENT_BYTES / 32 * (thorough ? 31 : 28), false))
            break;
        reclaim_empty();
    }
}

size_t store_file_pages(void)
{
    int64_t live = atomic_load_explicit(&store_state.file_live, memory_order_relaxed);
    return live > 0 ? (size_t)live / 4096 : 0;
}

size_t store_stored(void)
{
    int64_t live = atomic_load_explicit(&store_state.memory_live, memory_order_relaxed);
    uint64_t in = store_state.totals.bytes_in, out = store_state.totals.bytes_out;
    return live > 0 && out ? (size_t)((uint64_t)live / 4096 * in / out) : 0;
}

size_t store_pages(void)
{
    return store_state.buffers_in_use * SEGMENT_PAGES;
}

void store_get_totals(struct store_totals *totals)
{
    *totals = store_state.totals;
    totals->buffers = store_state.buffers_in_use;
    totals->live_bytes = (size_t)atomic_load(&store_state.memory_live);
    totals->file_live_bytes = (size_t)atomic_load(&store_state.file_live);
}

static const char *check_live(void)
{
    int64_t memory = -atomic_load(&store_state.memory_live), file = -atomic_load(&store_state.file_live);
    for (uint32_t index = 0; index < store_state.segments_used; index++) {
        uint32_t state = atomic_load(&store_segment(index)->state);
        int32_t live = atomic_load(&store_segment(index)->live) & ~(int32_t)(PLACE_UNIT - 1);
        memory += in_memory(state) ? live : 0;
        file += state == SEGMENT_FILE ? live : 0;
    }
    return memory || file ? "the live bytes of the store are miscounted" : NULL;
}

const char *store_check_locked(void)
{
    size_t owned = 0;
    for (uint32_t buffer = 0; buffer < store_state.buffers_used; buffer++) {
        uint32_t owner = store_state.buffer_owner[buffer];
        if (!owner)
            continue;
        struct segment *segment = store_segment(owner - 1);
        owned++;
        if (segment->buffer != buffer)
            return "a buffer's segment is in another buffer";
        if (segment->used > SEGMENT_BYTES || atomic_load(&segment->live) > (int32_t)segment->used + 1)
            return "a segment has more live bytes than were appended";
        if (!in_memory(atomic_load(&segment->state)))
            return "a segment that is not in memory has a buffer";
        if (unitmap_bytes(&store_state.maps[buffer]) != (atomic_load(&segment->live) & ~(int32_t)(PLACE_UNIT - 1)))
            return "a segment's map and its live bytes differ";
    }
    if (owned + store_state.spare_count != store_state.buffers_in_use)
        return "buffers in use do not add up";
    return check_live();
}
