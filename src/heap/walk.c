/* walk.c: looking at a whole heap: walk, validate, summary. The caller of heap_walk holds the heap locked, or takes
 * the consequences; validate and summary stop it themselves. Damage is found by reading metadata, never by faulting. */
#include "heap/internal.h"

#include "mm/mm.h"

/* --- walk --- */

/* The segment or huge block with the smallest region index >= want; heap->back held. */
static struct segment_info *segment_from_locked(struct heap *heap, uint32_t want)
{
    struct segment_info *best = NULL;
    for (struct segment_info *info = heap->all; info; info = info->chain) {
        if (info->index >= want && (!best || info->index < best->index))
            best = info;
    }
    return best;
}

static struct huge *huge_from_locked(struct heap *heap, uint32_t want)
{
    struct huge *best = NULL;
    for (struct huge *huge = heap->huge; huge; huge = huge->next) {
        if (huge->index >= want && (!best || huge->index < best->index))
            best = huge;
    }
    return best;
}

/* A large block is a region that has no entry but its block's, as the page of PROCESS_HEAP_ENTRY says. */
static void huge_entry(const struct huge *huge, struct heap_entry *entry)
{
    entry->data = huge->data;
    entry->size = huge->size;
    entry->overhead = huge->committed - (size_t)(huge->data - huge->base) - huge->size;
    entry->region = huge->index;
    entry->kind = HEAP_ENTRY_BUSY;
}

static NTSTATUS next_region_locked(struct heap *heap, uint32_t want, struct heap_entry *entry)
{
    struct segment_info *info = segment_from_locked(heap, want);
    struct huge *huge = huge_from_locked(heap, want);
    memset(entry, 0, sizeof(*entry));
    if (!info && !huge)
        return STATUS_NO_MORE_ENTRIES;
    if (info && (!huge || info->index < huge->index)) {
        size_t own = info->records_committed;
        entry->kind = HEAP_ENTRY_REGION;
        entry->data = info->base;
        entry->size = SEGMENT_SIZE;
        entry->region = info->index;
        entry->committed = own + info->committed_count * SLICE;
        entry->uncommitted = SEGMENT_SIZE - entry->committed;
        entry->first = info->base + FIRST_SLICE * SLICE;
        entry->last = info->base + (LAST_SLICE + 1) * SLICE;
    } else {
        huge_entry(huge, entry);
    }
    return STATUS_SUCCESS;
}

static void block_entry(struct page *page, uint32_t index, struct heap_entry *entry)
{
    bool busy = !record_is_free(record_get(page, index));
    size_t capacity = busy || page->size ? block_capacity(page) : page->slices * SLICE - page_lead(page);
    size_t exact = busy ? block_exact(page, index) : capacity;
    if (exact == SIZE_MAX)
        exact = capacity;
    entry->data = page->start + (size_t)index * page->size;
    entry->size = exact;
    entry->overhead = capacity - exact;
    entry->kind = busy ? HEAP_ENTRY_BUSY : HEAP_ENTRY_FREE;
}

/* What begins at a slice: the first block of a page, or a run of free or of uncommitted slices. */
static NTSTATUS slice_entry_locked(struct segment_info *info, unsigned slice, struct heap_entry *entry)
{
    struct segment *segment = (struct segment *)(void *)info->base;
    bool committed, other;
    entry->region = info->index;
    entry->overhead = 0;
    if (!segment_slice_is(info, slice, &committed)) {
        block_entry(&segment->pages[slice], 0, entry);
        return STATUS_SUCCESS;
    }
    unsigned end = slice + 1;
    while (end <= LAST_SLICE && segment_slice_is(info, end, &other) && other == committed)
        end++;
    entry->data = info->base + slice * SLICE;
    entry->size = (end - slice) * SLICE;
    entry->kind = committed ? HEAP_ENTRY_FREE : HEAP_ENTRY_UNCOMMITTED;
    return STATUS_SUCCESS;
}

static NTSTATUS walk_segment_locked(struct heap *heap, struct segment_info *info, struct heap_entry *entry)
{
    unsigned slice = (unsigned)((size_t)(entry->data - info->base) >> SLICE_SHIFT);
    bool committed;
    if (entry->kind == HEAP_ENTRY_REGION)
        return slice_entry_locked(info, FIRST_SLICE, entry);
    if (segment_slice_is(info, slice, &committed)) {
        slice += entry->size >= SLICE ? (unsigned)(entry->size >> SLICE_SHIFT) : 1;
    } else {
        struct page *page = page_of(entry->data);
        uint32_t index = (page->size ? (uint32_t)(entry->data - page->start) / page->size : 0) + 1;
        if (index < page->capacity) {
            block_entry(page, index, entry);
            return STATUS_SUCCESS;
        }
        slice = (unsigned)(page - ((struct segment *)(void *)info->base)->pages) + page->slices;
    }
    if (slice > LAST_SLICE)
        return next_region_locked(heap, info->index + 1, entry);
    return slice_entry_locked(info, slice, entry);
}

NTSTATUS heap_walk(struct heap *heap, struct heap_entry *entry)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (unlikely(atomic_load_explicit(&heap->purge_wanted, memory_order_relaxed)))
        atomic_store(&heap->walked, heap_clock());
    host_lock_acquire(&heap->back);
    if (!entry->data) {
        segment_first_locked(heap);
        status = next_region_locked(heap, 0, entry);
    } else if (heap_kind_of(entry->data) == KIND_SEGMENT) {
        struct segment_info *info = segment_info_of(entry->data);
        unsigned slice = (unsigned)((size_t)(entry->data - info->base) >> SLICE_SHIFT);
        bool inside = entry->kind == HEAP_ENTRY_REGION || (slice >= FIRST_SLICE && slice <= LAST_SLICE);
        if (info->heap == heap && inside)
            status = walk_segment_locked(heap, info, entry);
    } else {
        struct huge *huge = heap->huge;
        while (huge && (entry->data < huge->base || entry->data >= huge->base + huge->reserved))
            huge = huge->next;
        if (huge)
            status = next_region_locked(heap, huge->index + 1, entry);
    }
    host_lock_release(&heap->back);
    return status;
}

/* --- validate --- */

/* What a page's list says are free blocks, each once. */
static bool check_list(const struct page *page)
{
    uint32_t free = 0;
    for (uint32_t link = page->free; link; link = record_get(page, link_index(link))) {
        size_t index = link_index(link);
        if (index >= page->extended || link_offset(link) != index * page->size ||
            !record_is_listed(record_get(page, index)) || ++free > page->extended)
            return false;
    }
    return true;
}

static bool check_block(const struct page *page, uint32_t index)
{
    size_t exact = block_exact(page, index);
    if (exact > block_capacity(page))
        return false;
    return !heap_of_page(page)->special ||
           special_tail_intact(heap_of_page(page), page->start + (size_t)index * page->size, exact,
                               block_capacity(page));
}

static bool check_page(const struct page *page)
{
    const struct heap *heap = heap_of_page(page);
    uint32_t taken = 0;
    if (!page->size)
        return page->start && (record_is_free(record_get(page, 0)) || check_block(page, 0));
    if (page->capacity == 0 || page->extended > page->capacity || page_taken(page) < 0 ||
        (uint32_t)page_taken(page) > page->extended)
        return false;
    for (uint32_t i = 0; i < page->capacity; i++) {
        unsigned record = record_get(page, i);
        if (record_is_listed(record)) {
            if (page->size && i < page->extended && heap->special &&
                !special_free_intact(heap, page->start + (size_t)i * page->size, page->size))
                return false;
            continue;
        }
        taken++; /* remote frees too */
        if (record != RECORD_REMOTE && (heap->special || record - RECORD_BUSY > page->size) && !check_block(page, i))
            return false;
    }
    if (!page->front)
        return true;
    return (uint32_t)page_taken(page) == taken && check_list(page);
}

static bool check_segment(struct segment_info *info)
{
    struct segment *segment = (struct segment *)(void *)info->base;
    bool committed;
    for (unsigned slice = FIRST_SLICE; slice <= LAST_SLICE;) {
        if (segment_slice_is(info, slice, &committed)) {
            slice++;
            continue;
        }
        struct page *page = &segment->pages[slice];
        if (page->start - page_lead(page) != info->base + slice * SLICE || page->slices == 0 ||
            heap_of_page(page) != info->heap || slice + page->slices > LAST_SLICE + 1 || !check_page(page))
            return false;
        slice += page->slices;
    }
    return true;
}

static bool validate_block(struct heap *heap, const void *block)
{
    uint32_t index;
    struct page *page = block_find(block, &index);
    if (page)
        return heap_of_page(page) == heap && !record_is_free(record_get(page, index)) && check_block(page, index);
    struct huge *huge = huge_find(block);
    return huge && huge->heap == heap;
}

bool heap_validate(struct heap *heap, uint32_t flags, const void *block)
{
    bool stop = !((heap->flags | flags) & HEAP_NO_SERIALIZE), good;
    if (block)
        return validate_block(heap, block);
    if (stop)
        heap_stop(heap);
    else
        stop = heap_hold_purge(heap);
    good = atomic_load_explicit(&heap->damage, memory_order_relaxed) == 0;
    host_lock_acquire(&heap->back);
    for (struct segment_info *info = heap->all; info && good; info = info->chain)
        good = check_segment(info);
    host_lock_release(&heap->back);
    if (stop)
        heap_resume(heap);
    return good;
}

/* --- summary --- */

static void add_page(const struct page *page, struct heap_summary *summary)
{
    for (uint32_t i = 0; i < page->capacity; i++) {
        if (record_is_free(record_get(page, i)))
            continue;
        size_t exact = block_exact(page, i);
        summary->allocated += exact == SIZE_MAX ? block_capacity(page) : exact;
        summary->blocks++;
    }
}

static void add_segment(struct segment_info *info, struct heap_summary *summary)
{
    struct segment *segment = (struct segment *)(void *)info->base;
    bool committed;
    summary->committed += info->records_committed + info->committed_count * SLICE;
    summary->reserved += SEGMENT_SIZE;
    for (unsigned slice = FIRST_SLICE; slice <= LAST_SLICE;) {
        if (segment_slice_is(info, slice, &committed)) {
            slice++;
            continue;
        }
        add_page(&segment->pages[slice], summary);
        slice += segment->pages[slice].slices;
    }
}

void heap_summarize(struct heap *heap, struct heap_summary *summary)
{
    memset(summary, 0, sizeof(*summary));
    bool stop = !(heap->flags & HEAP_NO_SERIALIZE);
    if (stop)
        heap_stop(heap);
    host_lock_acquire(&heap->back);
    for (struct segment_info *info = heap->all; info; info = info->chain)
        add_segment(info, summary);
    for (struct huge *huge = heap->huge; huge; huge = huge->next) {
        summary->allocated += huge->size;
        summary->huge_allocated += huge->size;
        summary->committed += huge->committed;
        summary->reserved += huge->reserved;
        summary->blocks++;
    }
    summary->maximum = heap->maximum ? heap->maximum : summary->reserved;
    summary->committed += huge_kept_locked(heap);
    summary->huge_blocks = heap->huge_count;
    summary->huge_committed = heap->huge_bytes;
    summary->huge_blocks_most = heap->huge_count_most;
    summary->huge_committed_most = heap->huge_bytes_most;
    host_lock_release(&heap->back);
    if (stop)
        heap_resume(heap);
}
