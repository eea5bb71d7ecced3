/* prototype.c: see prototype.h. Sections and views in tables; their pages in the memory files. What faults use takes no
 * lock: a section stays while one of its pages is claimed. Calls host, evict, fault, and the tables of pager. */
#include "pager/prototype.h"

#include <errno.h>

#include "host/pages.h"
#include "host/section.h"
#include "host/uffd.h"
#include "pager/evict.h"
#include "pager/fault.h"
#include "pager/frame.h"
#include "pager/pager.h"
#include "pager/presence.h"
#include "pager/unpaged.h"

#define VIEWS ((uint32_t)1 << 17) /* more than a process can have mappings */

enum { SECTION_OFF, SECTION_PAGED, SECTION_STAYS }; /* STAYS: its pages come in, and do not leave any more */

struct section {
    _Atomic uint32_t state; /* written under W */
    int fd;                 /* constant while it is paged, like the next two */
    size_t first, pages;
    uint32_t views; /* W: the first */
};

struct view {
    size_t page, pages; /* of the arena */
    size_t first;       /* page of the section */
    uint32_t next;      /* W: of the section, or of the free ones */
    bool copy;          /* writes go to pages of its own */
};

static struct {
    struct section sections[UNPAGED_FILES + 1]; /* by the number of unpaged.h */
    _Atomic uint32_t *owner;                    /* of a window: number of the section */
    size_t lowest_free;                         /* W: none of the windows below it is free */
    struct view *views;
    uint32_t views_used, free_view; /* W */
    bool by_pages;                  /* constant: the kernel makes no huge pages of memory files */
} prototype_state;

static size_t first_window(void)
{
    return pte_table.arena_pages / WINDOW_PAGES;
}

static struct section *section_of(size_t page)
{
    return &prototype_state.sections[atomic_load(&prototype_state.owner[page / WINDOW_PAGES - first_window()])];
}

int prototype_start(void)
{
    void *owner, *views;
    size_t windows = pte_table.window_count - first_window();
    int error = host_table_reserve((windows * sizeof(uint32_t) + PAGE_SIZE_BYTES - 1) & ~(PAGE_SIZE_BYTES - 1), &owner);
    if (!error)
        error = host_table_reserve(VIEWS * sizeof(struct view), &views);
    if (error)
        return error;
    prototype_state.owner = owner;
    prototype_state.views = views;
    prototype_state.views_used = 1; /* 0 is none */
    prototype_state.sections[0].fd = -1;
    prototype_state.by_pages = host_memfile_by_pages("/sys/kernel/mm/transparent_hugepage");
    return 0;
}

size_t prototype_of(size_t page)
{
    pte entry = pte_raw(page);
    if (pte_state(entry) == PTE_PROTOTYPE)
        return pte_payload(entry);
    uint32_t index = entry == PTE_NONE ? atomic_load(&pte_table.windows[page / WINDOW_PAGES].view) : 0;
    if (!index)
        return page;
    /* A view that goes just now, and perhaps another one that comes in its place: at worst a page comes in for nothing.
     */
    size_t offset = page - prototype_state.views[index].page, target = prototype_state.views[index].first + offset;
    return offset < prototype_state.views[index].pages && prototype_is(target) ? target : page;
}

/* ---- sections ---- */

/* Windows that follow each other; 0: there are not so many. */
static size_t find_windows_locked(size_t count)
{
    size_t end = pte_table.window_count - first_window(), run = 0;
    for (size_t window = prototype_state.lowest_free; window < end; window++) {
        run = atomic_load(&prototype_state.owner[window]) ? 0 : run + 1;
        if (run == count)
            return first_window() + window + 1 - count;
    }
    return 0;
}

static void set_owner_locked(size_t page, size_t pages, uint32_t number)
{
    size_t first = page / WINDOW_PAGES - first_window(), count = (pages + WINDOW_PAGES - 1) / WINDOW_PAGES;
    for (size_t i = 0; i < count; i++)
        atomic_store(&prototype_state.owner[first + i], number);
    if (number && first == prototype_state.lowest_free)
        prototype_state.lowest_free = first + count;
    else if (!number && first < prototype_state.lowest_free)
        prototype_state.lowest_free = first;
}

static void attach_locked(uint32_t number)
{
    struct section *section = &prototype_state.sections[number];
    size_t pages;
    int fd;
    if (atomic_load(&section->state) != SECTION_OFF || !unpaged_may_page(number, &fd, &pages))
        return;
    size_t window = find_windows_locked((pages + WINDOW_PAGES - 1) / WINDOW_PAGES);
    if (!window)
        return;
    section->fd = fd;
    section->first = window * WINDOW_PAGES;
    section->pages = pages;
    section->views = 0;
    set_owner_locked(section->first, pages, number);
    pager_pages_come_locked(section->first, section->first + pages);
    unpaged_set_paged(number, true);
    atomic_store(&section->state, SECTION_PAGED);
}

static bool can_page(void)
{
    return host_uffd_shares() && prototype_state.by_pages && !pager_by_protection;
}

uint32_t pager_add_section(int fd, size_t pages)
{
    uint32_t number = unpaged_add(fd, pages);
    atomic_thread_fence(memory_order_seq_cst); /* who starts paging now sees it, or it sees that paging has started */
    if (number && pager_on && can_page()) {
        uint64_t signals;
        evict_lock(&signals);
        attach_locked(number);
        evict_unlock(&signals);
    }
    return number;
}

static void forget_locked(uint32_t number)
{
    struct section *section = &prototype_state.sections[number];
    pager_pages_go_locked(section->first, section->first + section->pages);
    set_owner_locked(section->first, section->pages, 0);
    atomic_store(&section->state, SECTION_OFF);
    unpaged_set_paged(number, false);
}

void pager_remove_section(uint32_t number)
{
    if (!number)
        return;
    unpaged_remove(number);
    atomic_thread_fence(memory_order_seq_cst);
    if (pager_on) {
        uint64_t signals;
        evict_lock(&signals);
        if (atomic_load(&prototype_state.sections[number].state) != SECTION_OFF)
            forget_locked(number);
        evict_unlock(&signals);
        unpaged_count();
    }
}

bool pager_section_is_paged(uint32_t number)
{
    return pager_on && atomic_load(&prototype_state.sections[number].state) != SECTION_OFF;
}

/* ---- views ---- */

/* Entries of the pages, or the window's word where it is all the view's. */
static void show_locked(uint32_t index, bool on)
{
    const struct view *view = &prototype_state.views[index];
    for (size_t page = view->page, end = page + view->pages; page < end;) {
        size_t window = page / WINDOW_PAGES, stop = (window + 1) * WINDOW_PAGES;
        stop = stop < end ? stop : end;
        if (stop - page == WINDOW_PAGES) {
            atomic_store(&pte_table.windows[window].view, on ? index : 0);
            page = stop;
            continue;
        }
        pte_touch_window(window);
        for (; page < stop; page++)
            pte_store(page, on ? pte_with(0, PTE_PROTOTYPE, view->first + (page - view->page)) : PTE_NONE);
    }
}

static uint32_t take_view_locked(void)
{
    uint32_t index = prototype_state.free_view;
    if (index)
        prototype_state.free_view = prototype_state.views[index].next;
    else if (prototype_state.views_used < VIEWS)
        index = prototype_state.views_used++;
    return index;
}

static void remove_view_locked(uint32_t *link)
{
    uint32_t index = *link;
    show_locked(index, false);
    *link = prototype_state.views[index].next;
    prototype_state.views[index].pages = 0;
    prototype_state.views[index].next = prototype_state.free_view;
    prototype_state.free_view = index;
}

static uint32_t *find_view_locked(struct section *section, size_t page)
{
    uint32_t *link = &section->views;
    while (*link && prototype_state.views[*link].page != page)
        link = &prototype_state.views[*link].next;
    return link;
}

static int register_view(const struct view *view)
{
    return host_uffd_register(presence_uffd(), pte_address(view->page), view->pages * PAGE_SIZE_BYTES);
}

static int add_view_locked(struct section *section, const struct view *made)
{
    uint32_t index = take_view_locked();
    if (!index)
        return -ENOMEM;
    prototype_state.views[index] = *made;
    prototype_state.views[index].next = section->views;
    section->views = index;
    show_locked(index, true);
    /* A batch in progress has not write-protected it. */
    evict_take_back_locked(made->first, made->first + made->pages);
    int error = register_view(made);
    if (error)
        remove_view_locked(&section->views);
    return error;
}

int pager_add_view(uint32_t number, void *base, size_t size, uint64_t offset, bool copy)
{
    struct section *section = &prototype_state.sections[number];
    struct view made = {.page = pte_page((uintptr_t)base), .pages = size / PAGE_SIZE_BYTES, .copy = copy};
    uint64_t signals;
    int error = 0;
    if (made.page == SIZE_MAX)
        return pager_share_section(number); /* no entries out there */
    evict_lock(&signals);
    if (atomic_load(&section->state) != SECTION_OFF) {
        made.first = section->first + offset / PAGE_SIZE_BYTES;
        error = add_view_locked(section, &made);
    }
    evict_unlock(&signals);
    return error;
}

void pager_remove_view(void *base)
{
    size_t page = pager_on ? pte_page((uintptr_t)base) : SIZE_MAX;
    size_t target = page == SIZE_MAX ? SIZE_MAX : prototype_of(page);
    if (target == page)
        return;
    uint64_t signals;
    evict_lock(&signals);
    target = prototype_of(page); /* it may have ceased to be paged */
    if (target != page) {
        struct section *section = section_of(target);
        uint32_t *link = find_view_locked(section, page);
        if (*link)
            remove_view_locked(link);
    }
    evict_unlock(&signals);
}

int pager_renew_view(void *base, size_t size)
{
    size_t page = pager_on ? pte_page((uintptr_t)base) : SIZE_MAX;
    if (page == SIZE_MAX || prototype_of(page) == page)
        return 0;
    uint64_t signals;
    int error = 0;
    evict_lock(&signals);
    size_t target = prototype_of(page);
    if (target != page) {
        evict_take_back_locked(target, target + size / PAGE_SIZE_BYTES);
        error = host_uffd_register(presence_uffd(), base, size);
    }
    evict_unlock(&signals);
    return error;
}

/* ---- no longer paged ---- */

static int bring_in_all(const struct section *section)
{
    size_t end = section->first + section->pages;
    for (size_t page = section->first; page < end; page++) {
        if (!atomic_load(&pte_table.windows[page / WINDOW_PAGES].touched)) {
            page = page / WINDOW_PAGES * WINDOW_PAGES + WINDOW_PAGES - 1;
            continue;
        }
        for (;;) {
            enum pte_state state = pte_state(pte_load(page));
            if (state != PTE_STORED && state != PTE_INCOMING && state != PTE_DROPPING && state != PTE_BAD)
                break;
            int error = fault_resolve(page, PAGER_NONE);
            if (error)
                return error == -EAGAIN ? -ENOMEM : error;
        }
    }
    return 0;
}

static int detach_locked(uint32_t number)
{
    struct section *section = &prototype_state.sections[number];
    if (atomic_load(&section->state) == SECTION_OFF)
        return 0;
    for (uint32_t index = section->views; index; index = prototype_state.views[index].next) {
        const struct view *view = &prototype_state.views[index];
        /* Those before one that fails are the kernel's from now on, which finds all that is there. */
        int error = host_uffd_unregister(presence_uffd(), pte_address(view->page), view->pages * PAGE_SIZE_BYTES);
        if (error)
            return error;
    }
    while (section->views)
        remove_view_locked(&section->views);
    forget_locked(number);
    return 0;
}

int pager_share_section(uint32_t number)
{
    struct section *section = &prototype_state.sections[number];
    uint64_t signals;
    if (!number)
        return 0;
    unpaged_never_page(number);
    atomic_thread_fence(memory_order_seq_cst);
    if (!pager_on)
        return 0;
    evict_lock(&signals);
    bool paged = atomic_load(&section->state) != SECTION_OFF;
    if (paged) {
        atomic_store(&section->state, SECTION_STAYS);
        evict_take_back_locked(section->first, section->first + section->pages);
    }
    evict_unlock(&signals);
    int error = paged ? bring_in_all(section) : 0;
    if (error || !paged)
        return error;
    evict_lock(&signals);
    error = detach_locked(number);
    evict_unlock(&signals);
    unpaged_count();
    return error;
}

/* ---- start and fork ---- */

void prototype_take_sections(void)
{
    uint64_t signals;
    atomic_thread_fence(memory_order_seq_cst);
    if (!can_page())
        return;
    evict_lock(&signals);
    for (uint32_t number = 1; number <= unpaged_last(); number++)
        attach_locked(number);
    evict_unlock(&signals);
}

void prototype_find_resident(void)
{
    for (uint32_t number = 1; number <= unpaged_last(); number++) {
        uint64_t signals, start = 0, end;
        evict_lock(&signals); /* or its descriptor might be closed meanwhile */
        const struct section *section = &prototype_state.sections[number];
        while (atomic_load(&section->state) != SECTION_OFF && host_memfile_stretch(section->fd, &start, &end)) {
            for (size_t page = start / PAGE_SIZE_BYTES; page < end / PAGE_SIZE_BYTES; page++)
                pager_take_over_page(section->first + page);
            start = end;
        }
        evict_unlock(&signals);
    }
}

void prototype_before_fork(void)
{
    for (uint32_t number = 1; number <= unpaged_last(); number++)
        (void)pager_share_section(number); /* what cannot be brought in now may later, and stays then */
}

static void lose_stored_locked(const struct section *section)
{
    for (size_t page = section->first, end = page + section->pages; page < end; page++)
        if (pte_state(pte_load(page)) == PTE_STORED)
            pte_store(page, PTE_BAD);
}

void prototype_after_fork_child(void)
{
    for (uint32_t number = 1; number <= unpaged_last(); number++) {
        const struct section *section = &prototype_state.sections[number];
        if (atomic_load(&section->state) == SECTION_OFF)
            continue;
        for (uint32_t index = section->views; index; index = prototype_state.views[index].next)
            (void)register_view(&prototype_state.views[index]);
        lose_stored_locked(section);
    }
}

/* ---- pages ---- */

bool prototype_may_leave(size_t page)
{
    return atomic_load(&section_of(page)->state) == SECTION_PAGED;
}

bool prototype_any_view_locked(size_t first, size_t end, bool (*is_so)(void *context, size_t first, size_t end),
                               void *context)
{
    for (uint32_t index = section_of(first)->views; index; index = prototype_state.views[index].next) {
        const struct view *view = &prototype_state.views[index];
        size_t from = first > view->first ? first : view->first;
        size_t to = end < view->first + view->pages ? end : view->first + view->pages;
        if (from < to && is_so(context, view->page + (from - view->first), view->page + (to - view->first)))
            return true;
    }
    return false;
}

bool prototype_protect_locked(size_t first, size_t end, bool on)
{
    bool all = true;
    for (uint32_t index = section_of(first)->views; index; index = prototype_state.views[index].next) {
        const struct view *view = &prototype_state.views[index];
        size_t from = first > view->first ? first : view->first;
        size_t to = end < view->first + view->pages ? end : view->first + view->pages;
        if (from < to && !view->copy)
            all &= host_uffd_protect(presence_uffd(), pte_address(view->page + (from - view->first)),
                                     (to - from) * PAGE_SIZE_BYTES, on) == 0;
    }
    return all;
}

static uint64_t offset_of(const struct section *section, size_t page)
{
    return (uint64_t)(page - section->first) * PAGE_SIZE_BYTES;
}

int prototype_read(size_t page, void *into)
{
    const struct section *section = section_of(page);
    int64_t got = host_memfile_read(section->fd, into, PAGE_SIZE_BYTES, offset_of(section, page));
    return got == (int64_t)PAGE_SIZE_BYTES ? 0 : got < 0 ? (int)got : -EIO;
}

int64_t prototype_fill(size_t page, const void *bytes, size_t count)
{
    const struct section *section = section_of(page);
    int64_t put;
    if (bytes) {
        put = host_memfile_write(section->fd, bytes, count * PAGE_SIZE_BYTES, offset_of(section, page));
    } else {
        put = host_memfile_fill(section->fd, offset_of(section, page), count * PAGE_SIZE_BYTES);
        put = put == 0 ? (int64_t)(count * PAGE_SIZE_BYTES) : put;
    }
    if (put < 0)
        return put == -ENOSPC || put == -EINTR ? -ENOMEM : put;
    return put / (int64_t)PAGE_SIZE_BYTES;
}

int prototype_drop(size_t page, size_t count)
{
    const struct section *section = section_of(page);
    return host_memfile_punch(section->fd, offset_of(section, page), count * PAGE_SIZE_BYTES);
}

const char *prototype_check_locked(void)
{
    for (uint32_t number = 1; number <= unpaged_last(); number++) {
        const struct section *section = &prototype_state.sections[number];
        uint64_t inode, blocks = 0, resident = 0;
        if (atomic_load(&section->state) != SECTION_PAGED)
            continue;
        for (size_t window = section->first / WINDOW_PAGES; window * WINDOW_PAGES < section->first + section->pages;
             window++)
            resident += atomic_load(&pte_table.windows[window].resident);
        if (host_file_blocks(section->fd, &inode, &blocks) != 0 || blocks != resident)
            return "a section has other pages in memory than its entries say";
    }
    return NULL;
}
