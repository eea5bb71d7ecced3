/* view.c: views of sections: map, unmap, flush; and what a view knows better than other regions: which pages of a
 * SEC_RESERVE section are committed by now, which pages of a copy-on-write view are copies. Calls its siblings in mm,
 * host and pager. Lock A protects everything here; program memory is never touched. */
#include "mm/view.h"

#include "host/proc.h"
#include "host/section.h"
#include "mm/image.h"
#include "mm/placeholder.h"
#include "mm/space.h"
#include "pager/pager.h"

#include <errno.h>

/* What a view's region points to. All fields: lock A. */
struct view {
    struct mm_section *section; /* referenced */
    uint64_t generation;        /* of the section's extent, as far as the run map follows it */
    size_t charged;             /* pages: a copy-on-write view may need them all */
    ULONG protect;              /* the most that its pages may get */
    bool fixed;                 /* SEC_NO_CHANGE: protections stay as they are */
    bool mixed;                 /* a shared view, of which parts have become copy-on-write */
};

static struct {
    struct mm_pool pool; /* A */
} view_state = {.pool = {.object_size = 64}};

static bool writes_copy(ULONG protect)
{
    return (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0;
}

bool mm_view_compatible(ULONG whole, ULONG part)
{
    const ULONG read = PAGE_NOACCESS | PAGE_READONLY | PAGE_WRITECOPY;
    const ULONG execute = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_WRITECOPY;
    ULONG allowed;
    switch (whole & 0xff) {
    case PAGE_READONLY:
    case PAGE_WRITECOPY:
        allowed = read;
        break;
    case PAGE_READWRITE:
        allowed = read | PAGE_READWRITE;
        break;
    case PAGE_EXECUTE:
        allowed = PAGE_NOACCESS | PAGE_EXECUTE;
        break;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        allowed = read | execute;
        break;
    case PAGE_EXECUTE_READWRITE:
        allowed = read | execute | PAGE_READWRITE | PAGE_EXECUTE_READWRITE;
        break;
    default:
        allowed = PAGE_NOACCESS;
    }
    return (part & 0xff & ~allowed) == 0;
}

static unsigned attributes_of(const struct mm_section *section, ULONG protect)
{
    unsigned attributes = 0;
    protection_parse(protect, &attributes);
    if (section->image) /* its bit means something else there: SEC_IMAGE_NO_EXECUTE */
        return attributes;
    if (section->attributes & SEC_NOCACHE && !(protect & PAGE_NOACCESS))
        attributes |= VALUE_NOCACHE;
    if (section->attributes & SEC_WRITECOMBINE && !(protect & PAGE_NOACCESS))
        attributes |= VALUE_WRITECOMBINE;
    return attributes;
}

/* ---- the shared extent of a SEC_RESERVE section ---- */

static uint64_t section_page(const struct region *region, uint64_t page)
{
    return (region->offset >> PAGE_SHIFT) + (page - region->start);
}

/* The next page from `index` on (below `limit`) whose bit is `value`, or `limit`. */
static uint64_t extent_next(const struct mm_section_extent *extent, uint64_t index, uint64_t limit, bool value)
{
    while (index < limit) {
        uint64_t word = atomic_load_explicit(&extent->word[index / 64], memory_order_relaxed);
        word = (value ? word : ~word) >> (index % 64);
        if (word) {
            index += (uint64_t)__builtin_ctzll(word);
            return index < limit ? index : limit;
        }
        index = (index / 64 + 1) * 64;
    }
    return limit;
}

static uint64_t extent_count(const struct mm_section_extent *extent, uint64_t index, uint64_t limit)
{
    uint64_t count = 0;
    while (index < limit) {
        uint64_t set = extent_next(extent, index, limit, true);
        index = extent_next(extent, set, limit, false);
        count += index - set;
    }
    return count;
}

/* Pages that were not committed before. */
static uint64_t extent_add(struct mm_section_extent *extent, uint64_t index, uint64_t limit)
{
    uint64_t added = 0;
    while (index < limit) {
        uint64_t stop = (index / 64 + 1) * 64;
        stop = stop < limit ? stop : limit;
        uint64_t mask = (stop - index == 64 ? ~0ull : (1ull << (stop - index)) - 1) << (index % 64);
        uint64_t old = atomic_fetch_or(&extent->word[index / 64], mask);
        added += (uint64_t)__builtin_popcountll(mask & ~old);
        index = stop;
    }
    return added;
}

/* Gives the range back the access that the run map says. */
static void restore_access(uint64_t start, uint64_t end)
{
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        unsigned access = value_committed(run.value) ? protection_access(value_attributes(run.value)) : HOST_NONE;
        host_protect(page_address(start), (stop - start) << PAGE_SHIFT, access);
        start = stop;
    }
}

/* Pages that the view may make its own from now on; what it has room for already is not charged twice. */
static bool charge_view(const struct region *region, struct view *view, uint64_t pages)
{
    uint64_t room = region->end - region->start - view->charged;
    pages = pages < room ? pages : room;
    if (pages == 0)
        return true;
    if (pager_charge(pages) != 0)
        return false;
    view->charged += pages;
    return true;
}

static void uncharge_view(struct view *view, uint64_t pages)
{
    pages = pages < view->charged ? pages : view->charged;
    pager_uncharge(pages);
    view->charged -= pages;
}

/* Committed pages of the range that are copy-on-write, or those that are not. */
static uint64_t count_copying(uint64_t start, uint64_t end, bool copying)
{
    uint64_t count = 0;
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        if (value_committed(run.value) && writes_copy(protection_of(value_attributes(run.value))) == copying)
            count += stop - start;
        start = stop;
    }
    return count;
}

/* Pages of the range that the run map has as reserved become committed. */
static bool open_pages(struct region *region, uint64_t start, uint64_t end, unsigned attributes, bool tell_kernel)
{
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        if (!value_committed(run.value)) {
            struct view *view = region->object;
            bool charged = tell_kernel && writes_copy(view->protect);
            if (!NT_SUCCESS(space_prepare_locked(1, 0)) || (charged && !charge_view(region, view, stop - start)))
                return false;
            if (tell_kernel &&
                host_protect(page_address(start), (stop - start) << PAGE_SHIFT, protection_access(attributes)) != 0) {
                if (charged)
                    uncharge_view(view, stop - start);
                return false;
            }
            space_set_locked(start, stop, page_value(region, attributes));
            region->committed += stop - start;
        }
        start = stop;
    }
    return true;
}

static void follow_extent(struct region *region, struct view *view)
{
    const struct mm_section_extent *extent = view->section->extent;
    uint64_t generation = atomic_load_explicit(&extent->generation, memory_order_acquire);
    if (generation == view->generation)
        return;
    unsigned attributes = attributes_of(view->section, view->protect);
    uint64_t shift = section_page(region, region->start) - region->start;
    uint64_t limit = region->end + shift;
    for (uint64_t index = extent_next(extent, region->start + shift, limit, true); index < limit;) {
        uint64_t stop = extent_next(extent, index, limit, false);
        if (!open_pages(region, index - shift, stop - shift, attributes, true))
            return; /* the generation stays behind: tried again */
        index = extent_next(extent, stop, limit, true);
    }
    view->generation = generation;
}

/* A view that is larger than its section on a file: the section may have been extended. */
static void follow_size(struct region *region, struct view *view)
{
    uint64_t size = view->section->size;
    uint64_t bytes = size > region->offset ? size - region->offset : 0;
    uint64_t end = region->start + ((bytes + MM_PAGE - 1) >> PAGE_SHIFT);
    open_pages(region, region->start, end < region->end ? end : region->end,
               attributes_of(view->section, view->protect), false);
}

/* Written pages of a copy-on-write range are the process's own, and are reported as read-write. */
static void follow_copies(struct region *region, uint64_t start, uint64_t end)
{
    uintptr_t at = start << PAGE_SHIFT;
    uintptr_t limit = end << PAGE_SHIFT;
    for (int stretches = 0; at < limit && stretches < 32; stretches++) {
        uintptr_t first, last;
        if (host_private_pages(at, limit - at, &first, &last) != 0 || first == last)
            return;
        for (uint64_t page = first >> PAGE_SHIFT; page < last >> PAGE_SHIFT;) {
            struct run run = space_find_locked(page);
            uint64_t stop = run.end < last >> PAGE_SHIFT ? run.end : last >> PAGE_SHIFT;
            unsigned attributes = value_attributes(run.value);
            ULONG protect = protection_of(attributes);
            if (value_committed(run.value) && writes_copy(protect)) {
                unsigned plain =
                    (unsigned)__builtin_ctz(protect & PAGE_WRITECOPY ? PAGE_READWRITE : PAGE_EXECUTE_READWRITE);
                if (!NT_SUCCESS(space_prepare_locked(1, 0)))
                    return;
                space_set_locked(page, stop, page_value(region, (attributes & ~VALUE_PROTECT) | plain));
            }
            page = stop;
        }
        at = last;
    }
}

/* ---- operations of the region ---- */

static const struct region_ops *ops_for(const struct mm_section *section, bool follows);

static NTSTATUS view_check_protect(struct region *region, ULONG *protect)
{
    const struct view *view = region->object;
    if (view->fixed)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (view->section->image && *protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
        *protect <<= 1; /* what is written to an image is the process's own */
    if (!mm_view_compatible(view->protect, *protect))
        return STATUS_SECTION_PROTECTION;
    *protect = protection_of(attributes_of(view->section, *protect)); /* caching is the section's */
    return STATUS_SUCCESS;
}

static int remap(struct region *region, uint64_t start, uint64_t end, unsigned access, bool copy)
{
    const struct view *view = region->object;
    bool paged = pager_section_is_paged(view->section->number);
    void *base = page_address(start);
    size_t size = (end - start) << PAGE_SHIFT;
    int error = host_file_map(&base, size, view->section->fd, region->offset + ((start - region->start) << PAGE_SHIFT),
                              paged ? HOST_NONE : access, copy, HOST_OVER);
    if (!error && paged)
        error = pager_renew_view(base, size);
    if (error && paged) /* what the pager does not see must not be its own */
        (void)pager_share_section(view->section->number);
    return error || !paged ? error : host_protect(base, size, access);
}

/* Copy-on-write pages of a shared view become shared again, except those that were written. */
static int share_again(struct region *region, uint64_t start, uint64_t end, unsigned access)
{
    uintptr_t at = start << PAGE_SHIFT;
    uintptr_t limit = end << PAGE_SHIFT;
    while (at < limit) {
        uintptr_t first, last;
        int error = host_private_pages(at, limit - at, &first, &last);
        if (!error && at < first)
            error = remap(region, at >> PAGE_SHIFT, first >> PAGE_SHIFT, access, false);
        if (!error && first < last)
            error = host_protect((void *)first, last - first, access);
        if (error)
            return error;
        at = last;
    }
    return 0;
}

/* Pages of a shared view that become copy-on-write need another kind of mapping. */
static int protect_mixed(struct region *region, uint64_t start, uint64_t end, unsigned access, bool copy)
{
    while (start < end) {
        struct host_mapping mapping;
        int error = host_mapping_find(start << PAGE_SHIFT, &mapping, NULL, 0);
        if (error)
            return error;
        uint64_t stop = mapping.end >> PAGE_SHIFT;
        stop = stop < end ? stop : end;
        if (mapping.shared && copy)
            error = remap(region, start, stop, access, true);
        else if (!mapping.shared && access & HOST_WRITE && !copy)
            error = share_again(region, start, stop, access);
        else
            error = host_protect(page_address(start), (stop - start) << PAGE_SHIFT, access);
        if (error)
            return error;
        start = stop;
    }
    return 0;
}

static int view_protect(struct region *region, uint64_t start, uint64_t end, unsigned attributes)
{
    struct view *view = region->object;
    unsigned access = protection_access(attributes);
    bool copy = writes_copy(protection_of(attributes));
    if (writes_copy(view->protect) || (!copy && !view->mixed))
        return host_protect(page_address(start), (end - start) << PAGE_SHIFT, access);
    uint64_t before = view->charged, unwritten = copy ? 0 : count_copying(start, end, true);
    if (copy && !charge_view(region, view, count_copying(start, end, false)))
        return -EDQUOT;
    view->mixed = true;
    region->ops = ops_for(view->section, true);
    int error = protect_mixed(region, start, end, access, copy);
    if (error)
        uncharge_view(view, view->charged - before);
    else
        uncharge_view(view, unwritten); /* shared again */
    return error;
}

static void view_synchronise(struct region *region, uint64_t start, uint64_t end)
{
    struct view *view = region->object;
    if (view->section->extent)
        follow_extent(region, view);
    else if (!view->section->pagefile && region->committed < region->end - region->start)
        follow_size(region, view);
    struct run run = space_find_locked(start);
    if (value_committed(run.value) && (run.end < end || writes_copy(protection_of(value_attributes(run.value)))))
        follow_copies(region, start, end < region->end ? end : region->end);
}

static NTSTATUS commit_extent(struct region *region, struct view *view, uint64_t start, uint64_t end)
{
    struct mm_section_extent *extent = view->section->extent;
    uint64_t index = section_page(region, start);
    uint64_t limit = section_page(region, end);
    uint64_t missing = (limit - index) - extent_count(extent, index, limit);
    if (missing == 0)
        return STATUS_SUCCESS;
    if (pager_charge(missing) != 0)
        return STATUS_COMMITMENT_LIMIT;
    if (__builtin_expect(pager_due, 0))
        (void)pager_turn_on();
    uint64_t added = extent_add(extent, index, limit);
    uint64_t before = atomic_fetch_add(&extent->generation, 1);
    if (before == view->generation)
        view->generation = before + 1;
    pager_uncharge(missing - added);
    pager_note_shared((ptrdiff_t)added);
    atomic_fetch_add(&view->section->charged, added);
    return STATUS_SUCCESS;
}

/* VirtualAlloc(MEM_COMMIT): commits pages of SEC_RESERVE; on pages that are committed it sets the protection. */
static NTSTATUS view_commit(struct region *region, uint64_t start, uint64_t end, ULONG protect)
{
    struct view *view = region->object;
    if (!mm_view_compatible(view->protect, protect))
        return STATUS_SECTION_PROTECTION;
    unsigned attributes = attributes_of(view->section, protect);
    NTSTATUS status = space_prepare_locked(1, 0);
    if (!NT_SUCCESS(status))
        return status;
    uint64_t before = view->charged, fresh = (end - start) - region_count_committed_locked(region, start, end);
    if (writes_copy(view->protect) && view->section->extent && !charge_view(region, view, fresh))
        return STATUS_COMMITMENT_LIMIT;
    int error = host_protect(page_address(start), (end - start) << PAGE_SHIFT, protection_access(attributes));
    if (error)
        status = space_status(error);
    else if (view->section->extent)
        status = commit_extent(region, view, start, end);
    if (!NT_SUCCESS(status)) {
        restore_access(start, end);
        uncharge_view(view, view->charged - before);
        return status;
    }
    region->committed += fresh;
    space_set_locked(start, end, page_value(region, attributes));
    return STATUS_SUCCESS;
}

static const struct region_ops file_ops = {
    .type = MEM_MAPPED, .check_protect = view_check_protect, .protect = view_protect};
static const struct region_ops file_following_ops = {
    .type = MEM_MAPPED, .check_protect = view_check_protect, .protect = view_protect, .synchronise = view_synchronise};
static const struct region_ops image_ops = {
    .type = MEM_IMAGE, .check_protect = view_check_protect, .protect = view_protect, .synchronise = view_synchronise};
static const struct region_ops pagefile_ops = {.type = MEM_MAPPED,
                                               .pagefile = true,
                                               .check_protect = view_check_protect,
                                               .protect = view_protect,
                                               .commit = view_commit};
static const struct region_ops pagefile_following_ops = {.type = MEM_MAPPED,
                                                         .pagefile = true,
                                                         .check_protect = view_check_protect,
                                                         .protect = view_protect,
                                                         .commit = view_commit,
                                                         .synchronise = view_synchronise};

static const struct region_ops *ops_for(const struct mm_section *section, bool follows)
{
    if (section->image)
        return &image_ops;
    if (section->pagefile)
        return follows ? &pagefile_following_ops : &pagefile_ops;
    return follows ? &file_following_ops : &file_ops;
}

/* ---- map ---- */

/* A map request with everything worked out. */
struct plan {
    struct mm_section *section;
    struct mm_view_request *request;
    uint64_t pages;
    uint64_t committed; /* of them, from the start on: the file reaches so far */
    uint64_t charge;    /* pages that the view may make its own */
    unsigned attributes;
    bool copy;
};

static bool image_executes(const struct mm_section *section)
{
    return (section->attributes & SEC_IMAGE_NO_EXECUTE) != SEC_IMAGE_NO_EXECUTE;
}

static NTSTATUS check_type(const struct mm_view_request *request)
{
    const ULONG known =
        MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES | MEM_REPLACE_PLACEHOLDER | MEM_COMMIT | SEC_NO_CHANGE;
    unsigned attributes;
    if (request->type & ~known || request->type & MEM_COMMIT)
        return STATUS_INVALID_PARAMETER_9;
    if (request->type & MEM_LARGE_PAGES) /* of sections made of large pages only (documented), and there are none */
        return STATUS_INVALID_PARAMETER_9;
    if (request->type & MEM_REPLACE_PLACEHOLDER && request->type & MEM_RESERVE)
        return STATUS_INVALID_PARAMETER_9;
    NTSTATUS status = protection_parse(request->protect, &attributes);
    if (NT_SUCCESS(status) && attributes & VALUE_GUARD)
        status = STATUS_INVALID_PAGE_PROTECTION;
    return status;
}

static NTSTATUS check_place(const struct mm_view_request *request)
{
    bool replace = (request->type & MEM_REPLACE_PLACEHOLDER) != 0;
    const struct mm_constraints *constraints = request->constraints;
    uintptr_t base = (uintptr_t)request->base;
    if (base > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER_3;
    if (request->size && request->size - 1 > SPACE_HIGHEST - base)
        return STATUS_INVALID_PARAMETER_4;
    if (base && constraints && (constraints->lowest || constraints->highest || constraints->alignment))
        return STATUS_INVALID_PARAMETER;
    if (base & ((replace ? MM_PAGE : MM_GRANULE) - 1) || request->offset & ((replace ? MM_PAGE : MM_GRANULE) - 1))
        return STATUS_MAPPED_ALIGNMENT;
    return STATUS_SUCCESS;
}

static NTSTATUS plan_size(struct plan *plan)
{
    const struct mm_view_request *request = plan->request;
    uint64_t size = plan->section->size;
    bool grows = request->type & MEM_RESERVE && !plan->section->pagefile;
    if (request->offset >= size || (request->offset && plan->section->image))
        return STATUS_INVALID_VIEW_SIZE;
    uint64_t left = size - request->offset;
    uint64_t wanted = request->size ? request->size : left;
    if (wanted > left && !grows)
        return STATUS_INVALID_VIEW_SIZE;
    if (wanted > SPACE_HIGHEST)
        return STATUS_NO_MEMORY;
    if (request->commit > wanted)
        return STATUS_INVALID_PARAMETER_5;
    plan->pages = (wanted + MM_PAGE - 1) >> PAGE_SHIFT;
    uint64_t backed = (left + MM_PAGE - 1) >> PAGE_SHIFT;
    plan->committed = plan->section->extent ? 0 : backed < plan->pages ? backed : plan->pages;
    if (plan->section->image)
        plan->charge = mm_image_writable_pages(plan->section->image);
    else if (plan->copy)
        plan->charge = plan->committed;
    return STATUS_SUCCESS;
}

/* What is paged can be touched only when the pager knows of it. */
static int show_to_pager(const struct plan *plan, void *base, size_t size, unsigned access, bool held)
{
    int error = pager_add_view(plan->section->number, base, size, plan->request->offset, plan->copy);
    if (!error && access != HOST_NONE)
        error = host_protect(base, size, access);
    if (error) {
        host_decommit(base, size, held);
        pager_remove_view(base);
    }
    return error;
}

static int map_pages(const struct plan *plan, uint64_t start, bool held)
{
    void *base = page_address(start);
    size_t size = plan->pages << PAGE_SHIFT;
    const struct mm_section *section = plan->section;
    unsigned access = section->extent ? HOST_NONE : protection_access(plan->attributes);
    bool paged = pager_section_is_paged(section->number);
    int error = host_file_map(&base, size, section->fd, plan->request->offset, paged ? HOST_NONE : access, plan->copy,
                              held ? HOST_OVER : HOST_NOT_OVER);
    if (!error && paged)
        error = show_to_pager(plan, base, size, access, held);
    if (error || !section->image)
        return error;
    error = mm_image_arrange(section->image, section->fd, base, size, image_executes(section));
    if (error)
        host_decommit(base, size, held);
    return error;
}

static NTSTATUS map_status(int error)
{
    switch (error) {
    case -EEXIST:
        return STATUS_CONFLICTING_ADDRESSES;
    case -EACCES:
    case -EPERM:
        return STATUS_ACCESS_DENIED;
    default:
        return STATUS_NO_MEMORY;
    }
}

/* A place, and the pages in it; nothing in the run map yet. */
static NTSTATUS map_somewhere(const struct plan *plan, struct place *place)
{
    const struct mm_view_request *request = plan->request;
    uint64_t start = page_of(request->base);
    const struct mm_image *image = plan->section->image;
    if (image && !start && !request->constraints && image->base >= SPACE_LOWEST &&
        NT_SUCCESS(
            space_take_place_locked(image->base >> PAGE_SHIFT, (image->base >> PAGE_SHIFT) + plan->pages, place))) {
        if (map_pages(plan, place->start, place->held) == 0)
            return STATUS_SUCCESS;
        space_drop_place_locked(place, plan->pages);
    }
    for (int attempt = 0;; attempt++) {
        NTSTATUS status = start ? space_take_place_locked(start, start + plan->pages, place)
                                : space_find_place_locked(plan->pages, request->constraints,
                                                          (request->type & MEM_TOP_DOWN) != 0, place);
        if (!NT_SUCCESS(status))
            return status;
        int error = map_pages(plan, place->start, place->held);
        if (error == 0)
            return STATUS_SUCCESS;
        space_drop_place_locked(place, plan->pages);
        if (error != -EEXIST || start || attempt == 16)
            return map_status(error);
        space_note_foreign_locked(place->start, place->start + plan->pages);
    }
}

static NTSTATUS map_over_placeholder(const struct plan *plan, struct region **region)
{
    uint64_t start = page_of(plan->request->base);
    NTSTATUS status = placeholder_take_locked(start, start + plan->pages, region);
    if (!NT_SUCCESS(status))
        return status;
    int error = map_pages(plan, start, (*region)->held);
    if (error) {
        (*region)->from_placeholder = 0;
        return map_status(error);
    }
    return STATUS_SUCCESS;
}

static void fill_image(const struct plan *plan, struct region *region)
{
    const struct mm_image *image = plan->section->image;
    for (unsigned i = 0; i < image->count; i++) {
        const struct mm_image_part *part = &image->part[i];
        uint64_t start = region->start + part->start / MM_PAGE;
        uint64_t end = start + part->size / MM_PAGE;
        unsigned attributes = 0;
        protection_parse(mm_image_protect(part, image_executes(plan->section)), &attributes);
        if (start < region->end)
            space_set_locked(start, end < region->end ? end : region->end, page_value(region, attributes));
    }
}

static void fill_region(const struct plan *plan, struct region *region, struct view *view)
{
    struct mm_section *section = plan->section;
    mm_section_reference(section);
    view->section = section;
    view->protect = plan->request->protect;
    view->fixed = ((plan->request->type | section->attributes) & SEC_NO_CHANGE) != 0;
    if (section->image && !image_executes(section))
        view->protect = PAGE_WRITECOPY;
    view->charged = plan->charge;
    region->kind = REGION_VIEW;
    region->allocation_protect = plan->request->protect & ~(ULONG)PAGE_TARGETS_INVALID;
    region->object = view;
    region->offset = plan->request->offset;
    region->committed = plan->committed;
    region->ops = ops_for(section, plan->copy || section->extent || plan->committed < plan->pages);
    if (plan->committed < plan->pages)
        space_set_locked(region->start, region->end, page_value(region, VALUE_RESERVED));
    if (section->image)
        fill_image(plan, region);
    else if (plan->committed)
        space_set_locked(region->start, region->start + plan->committed, page_value(region, plan->attributes));
}

static void undo_map(struct region *region, bool placeholder)
{
    void *base = page_address(region->start);
    size_t size = (region->end - region->start) << PAGE_SHIFT;
    host_decommit(base, size, region->held && (placeholder || !region->outside));
    pager_remove_view(base);
}

static NTSTATUS map_locked(const struct plan *plan, struct region **made)
{
    bool replace = (plan->request->type & MEM_REPLACE_PLACEHOLDER) != 0;
    struct region *region;
    /* With what it takes to undo all of it. */
    NTSTATUS status = space_prepare_locked(6 + (plan->section->image ? plan->section->image->count : 0), 1);
    if (NT_SUCCESS(status) && mm_pool_prepare(&view_state.pool, 1) != 0)
        status = STATUS_NO_MEMORY;
    if (!NT_SUCCESS(status))
        return status;
    if (replace) {
        status = map_over_placeholder(plan, &region);
        if (!NT_SUCCESS(status))
            return status;
    } else {
        struct place place;
        status = map_somewhere(plan, &place);
        if (!NT_SUCCESS(status))
            return status;
        region = region_create_locked(&place, place.start + plan->pages, REGION_VIEW, plan->request->protect);
    }
    fill_region(plan, region, mm_pool_take(&view_state.pool));
    *made = region;
    return STATUS_SUCCESS;
}

/* Takes a view out of the address space; its pages are unmapped already. */
static struct mm_section *forget_view(struct region *region, bool preserve)
{
    struct view *view = region->object;
    struct mm_section *section = view->section;
    pager_uncharge(view->charged);
    mm_pool_give(&view_state.pool, view);
    region->committed = 0;
    if (preserve)
        placeholder_restore_locked(region);
    else
        region_destroy_locked(region);
    return section;
}

static NTSTATUS map_and_commit_locked(struct plan *plan, struct region **made)
{
    struct region *region;
    NTSTATUS status = map_locked(plan, &region);
    if (!NT_SUCCESS(status))
        return status;
    uint64_t commit = (plan->request->commit + MM_PAGE - 1) >> PAGE_SHIFT;
    if (plan->section->extent) {
        if (commit)
            status = view_commit(region, region->start, region->start + commit, plan->request->protect);
        view_synchronise(region, region->start, region->start);
    }
    if (!NT_SUCCESS(status)) {
        bool preserve = region->from_placeholder != 0;
        undo_map(region, preserve);
        if (NT_SUCCESS(space_prepare_locked(2, 0)))
            mm_section_dereference(forget_view(region, preserve)); /* the caller holds another reference */
        return status;
    }
    *made = region;
    return STATUS_SUCCESS;
}

/* A view of an image that succeeded says so with a word about it. */
static NTSTATUS image_status(const struct mm_image *image, const void *base)
{
    if ((uintptr_t)base != image->base)
        return STATUS_IMAGE_NOT_AT_BASE;
    return image->machine == IMAGE_FILE_MACHINE_AMD64 ? STATUS_SUCCESS : (NTSTATUS)STATUS_IMAGE_MACHINE_TYPE_MISMATCH;
}

NTSTATUS mm_view_map(struct mm_section *section, struct mm_view_request *request)
{
    mm_start();
    struct plan plan = {.section = section, .request = request, .copy = writes_copy(request->protect)};
    NTSTATUS status = section->pool ? STATUS_NOT_SUPPORTED : check_type(request); /* MapUserPhysicalPages shows those */
    if (NT_SUCCESS(status))
        status = check_place(request);
    if (section->image) { /* the image says which pages are what */
        plan.copy = true;
        request->protect = PAGE_EXECUTE_WRITECOPY;
    }
    if (NT_SUCCESS(status) && !section->image && !mm_view_compatible(section->protect, request->protect))
        status = STATUS_SECTION_PROTECTION;
    if (NT_SUCCESS(status) && !section->image)
        status = protection_check_code(request->protect);
    if (NT_SUCCESS(status))
        status = plan_size(&plan);
    if (NT_SUCCESS(status) && plan.charge && pager_charge(plan.charge) != 0)
        status = STATUS_COMMITMENT_LIMIT;
    if (!NT_SUCCESS(status))
        return status;
    plan.attributes = attributes_of(section, section->image ? PAGE_READONLY : request->protect);
    struct region *region;
    space_lock();
    if (__builtin_expect(pager_due, 0))
        (void)pager_turn_on();
    status = map_and_commit_locked(&plan, &region);
    if (NT_SUCCESS(status)) {
        request->base = page_address(region->start);
        request->size = plan.pages << PAGE_SHIFT;
    }
    space_unlock();
    if (!NT_SUCCESS(status))
        pager_uncharge(plan.charge);
    else if (section->image)
        status = image_status(section->image, request->base);
    return status;
}

NTSTATUS mm_view_image_file(const void *address, char *path, size_t size, struct host_file_id *id)
{
    NTSTATUS status = STATUS_NOT_MAPPED_VIEW;
    if ((uintptr_t)address > SPACE_HIGHEST)
        return status;
    space_lock();
    const struct region *region = space_region_locked(page_of(address));
    const struct view *view = region && region->kind == REGION_VIEW ? region->object : NULL;
    if (view && view->section->image) {
        *id = (struct host_file_id){.device = view->section->device, .inode = view->section->inode};
        bool named = !path || host_file_path(view->section->file.fd, path, size) > 0;
        status = named ? STATUS_SUCCESS : (NTSTATUS)STATUS_INVALID_ADDRESS;
    }
    space_unlock();
    return status;
}

void view_tell_pager_locked(void)
{
    const struct region *last = NULL;
    for (uint64_t page = 0; page < SPACE_PAGES;) {
        struct run run = space_find_locked(page);
        const struct region *region = value_region(run.value);
        const struct view *view = region && region != last && region->kind == REGION_VIEW ? region->object : NULL;
        if (view && view->section->number) {
            size_t size = (region->end - region->start) << PAGE_SHIFT;
            /* One that cannot be told makes its section one that is not paged. */
            if (pager_add_view(view->section->number, page_address(region->start), size, region->offset,
                               writes_copy(view->protect)) != 0)
                (void)pager_share_section(view->section->number);
        }
        last = region;
        page = run.end;
    }
}

/* ---- unmap and flush ---- */

static NTSTATUS unmap_locked(uint64_t page, bool preserve, struct mm_section **section)
{
    struct region *region = space_region_locked(page);
    if (!region || region->kind != REGION_VIEW)
        return STATUS_NOT_MAPPED_VIEW;
    if (preserve && !region->from_placeholder)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = space_prepare_locked(1, 0);
    if (!NT_SUCCESS(status))
        return status;
    size_t size = (region->end - region->start) << PAGE_SHIFT;
    int error = host_decommit(page_address(region->start), size, region->held && (preserve || !region->outside));
    if (error)
        return space_status(error);
    pager_remove_view(page_address(region->start));
    *section = forget_view(region, preserve);
    return STATUS_SUCCESS;
}

NTSTATUS mm_view_unmap(void *address, ULONG flags)
{
    mm_start();
    struct mm_section *section = NULL;
    if (flags & ~(ULONG)(MEM_UNMAP_WITH_TRANSIENT_BOOST | MEM_PRESERVE_PLACEHOLDER))
        return STATUS_INVALID_PARAMETER_3;
    if ((uintptr_t)address > SPACE_HIGHEST)
        return STATUS_NOT_MAPPED_VIEW;
    space_lock();
    NTSTATUS status = unmap_locked(page_of(address), (flags & MEM_PRESERVE_PLACEHOLDER) != 0, &section);
    space_unlock();
    if (NT_SUCCESS(status))
        mm_section_dereference(section);
    return status;
}

/* What is no view of ours may be the image of a program or a library. */
static NTSTATUS flush_foreign(const void *address)
{
    MEMORY_BASIC_INFORMATION found;
    NTSTATUS status = mm_query(address, &found);
    return NT_SUCCESS(status) && found.Type == MEM_IMAGE ? (NTSTATUS)STATUS_NOT_MAPPED_DATA : STATUS_NOT_MAPPED_VIEW;
}

NTSTATUS mm_view_flush(void **base, size_t *size)
{
    mm_start();
    uintptr_t address = (uintptr_t)*base;
    if (address > SPACE_HIGHEST || (*size && *size - 1 > SPACE_HIGHEST - address))
        return STATUS_INVALID_PARAMETER_2;
    uint64_t start = address >> PAGE_SHIFT;
    uint64_t end = (address + *size + MM_PAGE - 1) >> PAGE_SHIFT;
    struct mm_section *section = NULL;
    space_lock();
    const struct region *region = space_region_locked(start);
    NTSTATUS status = STATUS_SUCCESS;
    if (!region || region->kind != REGION_VIEW) {
        status = STATUS_NOT_MAPPED_VIEW;
    } else if (*size && end > region->end) {
        status = STATUS_INVALID_PARAMETER_2;
    } else {
        const struct view *view = region->object;
        end = *size ? end : region->end;
        section = view->section->pagefile ? NULL : view->section;
        if (section && section->image)
            status = STATUS_NOT_MAPPED_DATA;
        else if (section)
            mm_section_reference(section);
    }
    space_unlock();
    if (!NT_SUCCESS(status))
        return region ? status : flush_foreign(*base);
    if (section) { /* without the lock: another thread that unmaps the view meanwhile gets no harm done */
        int error = host_file_sync(page_address(start), (end - start) << PAGE_SHIFT);
        mm_section_dereference(section);
        if (error)
            return error == -ENOMEM ? STATUS_NOT_MAPPED_VIEW : STATUS_UNEXPECTED_IO_ERROR;
    }
    *base = page_address(start);
    *size = (end - start) << PAGE_SHIFT;
    return STATUS_SUCCESS;
}
