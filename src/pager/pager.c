/* pager.c: start of paging, the hooks that mm calls, fork, and ranges of pages. Calls fault, evict, store, host. */
#include "pager/pager.h"

#include <errno.h>
#include <langinfo.h>
#include <string.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/memory.h"
#include "host/altstack.h"
#include "host/descriptor.h"
#include "host/dispatch.h"
#include "host/follow.h"
#include "host/options.h"
#include "host/pages.h"
#include "host/signal.h"
#include "host/system.h"
#include "host/thread.h"
#include "host/uffd.h"
#include "pager/ahead.h"
#include "pager/commit.h"
#include "pager/entropy.h"
#include "pager/evict.h"
#include "pager/fault.h"
#include "pager/frame.h"
#include "pager/handlers.h"
#include "pager/pagefile.h"
#include "pager/presence.h"
#include "pager/prototype.h"
#include "pager/shrink.h"
#include "pager/store.h"
#include "pager/unpaged.h"
#include "pager/watch.h"

#define UNLIMITED (SIZE_MAX / 4 / PAGE_SIZE_BYTES)
#define KEPT_BITS (PTE_NO_READ | PTE_LOCKED | PTE_PRIORITY_MASK) /* of an entry whose contents go */
#define BUDGET_LEAST ((size_t)512) /* pages: below 2 MiB there would be little but tables */

/* In libwinmem-run.so, where that is in front: the constructors of other libraries may commit more than the budget
 * before its own has chosen the mode; paging starts then, at the latest. */
extern bool pager_run_chooses __attribute__((weak, visibility("default")));

static struct {
    uintptr_t arena;
    size_t arena_size;
    pager_for_each *for_each; /* mm's iterators */
    void (*add_views)(void);
    int thread_uffd; /* of thread mode, + 1 */
    bool thread_mode;
    int start_error;
    uint64_t fork_signals;
} pager_state;

#define FAULT_STACK_LEAST ((size_t)32 << 10)
static bool stack_unfit(const void *base, size_t size)
{
    return (uintptr_t)base - pager_state.arena < pager_state.arena_size || (size < FAULT_STACK_LEAST && pager_covers());
}

void pager_start(uintptr_t arena, size_t arena_size)
{
    host_altstack_watch(stack_unfit);
    pager_state.arena = arena;
    pager_state.arena_size = arena_size;
}

void pager_set_source(pager_for_each *for_each_committed, void (*add_views)(void))
{
    pager_state.for_each = for_each_committed;
    pager_state.add_views = add_views;
}

/* ---- single pages, lock W ---- */

/* The entry when nobody is at it: eviction is excluded by lock W, a fault in progress is waited for. */
static pte settled(size_t page)
{
    pte entry = pte_raw(page);
    while (pte_in_transition(entry)) {
        if (!evict_take_back(page))
            host_yield();
        entry = pte_raw(page);
    }
    return entry;
}

/* Gives back what the page held, by its entry of before. */
static void give_back(size_t page, pte entry)
{
    if (pte_state(entry) == PTE_STORED) {
        store_free(pte_payload(entry));
    } else if (pte_resident(entry)) {
        uint32_t index = (uint32_t)pte_payload(entry);
        place kept = atomic_load(&frame_get(index)->kept);
        if (kept)
            store_free(kept);
        pte_window_add(page / WINDOW_PAGES, -1);
        frame_free(index);
        frame_give(1);
    }
}

static void release_page(size_t page, pte after)
{
    pte entry;
    do
        entry = settled(page);
    while (!pte_cas(page, entry, after));
    give_back(page, entry);
}

static void change_bits(size_t page, pte clear, pte set)
{
    pte entry;
    do {
        entry = settled(page);
        if (pte_state(entry) == PTE_NONE || ((entry & ~clear) | set) == entry)
            return;
    } while (!pte_cas(page, entry, (entry & ~clear) | set));
}

/* Writes the entries that a whole window left out. */
static void spell_out(size_t window)
{
    if (!atomic_load(&pte_table.windows[window].whole))
        return;
    pte_touch_window(window);
    for (size_t page = window * WINDOW_PAGES; page < (window + 1) * WINDOW_PAGES; page++)
        pte_cas(page, PTE_NONE, PTE_ZERO);
    atomic_store(&pte_table.windows[window].whole, 0);
}

static void for_each_part(size_t page, size_t end, void (*part)(size_t window, size_t first, size_t end, pte),
                          pte argument)
{
    while (page < end) {
        size_t window = page / WINDOW_PAGES, stop = (window + 1) * WINDOW_PAGES;
        stop = stop < end ? stop : end;
        part(window, page, stop, argument);
        page = stop;
    }
}

static void for_each_window(uintptr_t base, size_t size, void (*part)(size_t window, size_t first, size_t end, pte),
                            pte argument)
{
    size_t page = pte_page(base);
    if (page != SIZE_MAX)
        for_each_part(page, page + size / PAGE_SIZE_BYTES, part, argument);
}

static void commit_part(size_t window, size_t first, size_t end, pte entry)
{
    struct window *at = &pte_table.windows[window];
    if (end - first == WINDOW_PAGES && entry == PTE_ZERO && !atomic_load(&at->touched)) {
        atomic_store(&at->whole, 1);
        return;
    }
    spell_out(window);
    pte_touch_window(window);
    for (size_t page = first; page < end; page++)
        release_page(page, entry);
}

static void decommit_part(size_t window, size_t first, size_t end, pte entry)
{
    (void)entry;
    struct window *at = &pte_table.windows[window];
    if (end - first == WINDOW_PAGES)
        atomic_store(&at->whole, 0);
    else
        spell_out(window);
    if (!atomic_load(&at->touched))
        return;
    for (size_t page = first; page < end; page++) {
        if (pte_raw(page) != PTE_NONE)
            release_page(page, PTE_NONE);
    }
}

void pager_pages_come_locked(size_t first, size_t end)
{
    for_each_part(first, end, commit_part, PTE_ZERO);
}

void pager_pages_go_locked(size_t first, size_t end)
{
    for_each_part(first, end, decommit_part, 0);
    store_release_empty_locked();
}

static void readable_part(size_t window, size_t first, size_t end, pte bits)
{
    if (bits)
        spell_out(window);
    else if (!atomic_load(&pte_table.windows[window].touched))
        return;
    for (size_t page = first; page < end; page++)
        change_bits(page, PTE_NO_READ, bits);
}

/* ---- hooks ---- */

static pte fresh_entry(unsigned access)
{
    return access & PAGER_READ ? (pte)PTE_ZERO : (pte)PTE_ZERO | PTE_NO_READ;
}

static void forget_range(void *base, size_t size)
{
    uint64_t signals;
    evict_lock(&signals);
    for_each_window((uintptr_t)base, size, decommit_part, 0);
    store_release_empty_locked();
    evict_unlock(&signals);
}

static int add_range(void *base, size_t size, unsigned access, bool fresh)
{
    uint64_t signals;
    evict_lock(&signals);
    for_each_window((uintptr_t)base, size, commit_part, fresh_entry(access));
    evict_unlock(&signals);
    int error = presence_add(base, size, access, fresh);
    if (error)
        forget_range(base, size);
    return error;
}

int pager_after_commit(void *base, size_t size, unsigned access)
{
    return add_range(base, size, access, true);
}

int pager_decommit(void *base, size_t size, bool held)
{
    uint64_t signals;
    evict_lock(&signals);
    int error = host_decommit(base, size, held);
    if (!error) {
        for_each_window((uintptr_t)base, size, decommit_part, 0);
        store_release_empty_locked();
    }
    evict_unlock(&signals);
    return error;
}

static void settle_part(size_t window, size_t first, size_t end, pte unused)
{
    (void)unused;
    if (!atomic_load(&pte_table.windows[window].touched))
        return;
    for (size_t page = first; page < end; page++)
        (void)settled(page);
}

static void set_readable(void *base, size_t size, pte bits)
{
    uint64_t signals;
    evict_lock(&signals);
    for_each_window((uintptr_t)base, size, readable_part, bits);
    evict_unlock(&signals);
}

static int change_access(void *base, size_t size, unsigned access)
{
    uint64_t signals;
    size_t first = pte_page((uintptr_t)base);
    if (!pager_by_protection)
        return host_protect(base, size, access);
    evict_lock(&signals);
    for_each_window((uintptr_t)base, size, settle_part, 0);
    int error = presence_change_locked(first, first + size / PAGE_SIZE_BYTES, access);
    evict_unlock(&signals);
    return error;
}

int pager_protect(void *base, size_t size, unsigned access)
{
    if (!(access & PAGER_READ))
        set_readable(base, size, PTE_NO_READ);
    int error = change_access(base, size, access);
    if (access & PAGER_READ)
        set_readable(base, size, 0);
    return error;
}

/* Pages that are there are marked first, so that nobody takes them for something else before they are gone. */
static void discard_part(size_t window, size_t first, size_t end, pte unused)
{
    (void)unused;
    if (!atomic_load(&pte_table.windows[window].touched))
        return;
    for (size_t page = first; page < end; page++) {
        pte entry = settled(page);
        while (pte_state(entry) == PTE_VALID && !pte_cas(page, entry, pte_with_state(entry, PTE_DROPPING)))
            entry = settled(page);
        if (pte_state(entry) != PTE_NONE && pte_state(entry) != PTE_VALID)
            release_page(page, (entry & KEPT_BITS) | PTE_ZERO);
    }
    struct iovec range = {pte_address(first), (end - first) * PAGE_SIZE_BYTES};
    /* If it cannot be, mm makes them zero where they are. */
    bool dropped = presence_close_locked(first, end) == 0 && host_drop_pages(&range, 1) > 0;
    for (size_t page = first; page < end; page++) {
        pte entry = pte_raw(page);
        if (pte_state(entry) != PTE_DROPPING)
            continue;
        pte_store(page, dropped ? (entry & KEPT_BITS) | PTE_ZERO : pte_with_state(entry, PTE_VALID));
        if (dropped)
            give_back(page, entry);
    }
}

void pager_discard(void *base, size_t size)
{
    uint64_t signals;
    evict_lock(&signals);
    for_each_window((uintptr_t)base, size, discard_part, 0);
    store_release_empty_locked();
    evict_unlock(&signals);
}

int pager_fault(uintptr_t address, unsigned access)
{
    size_t page = pte_page(address);
    return page == SIZE_MAX ? -EAGAIN : fault_resolve(page, access);
}

int pager_fault_at(uintptr_t address, unsigned access, uintptr_t pc)
{
    int error = pager_fault(address, access);
    if (__builtin_expect(watch_is_on(), 0) && error == 0 && fault_took_in())
        watch_note(pc, address);
    return error;
}

void pager_ask(void)
{
    if (!pager_on && commit_budget() != SIZE_MAX)
        pager_due = true;
}

int pager_watch_faults(void)
{
    int error = watch_start();
    if (!error && !pager_on)
        pager_due = true;
    return error;
}

/* ---- start ---- */

static size_t machine_pages(size_t unknown)
{
    struct host_memory_info info = {.total = (uint64_t)unknown * PAGE_SIZE_BYTES};
    (void)host_memory_info(&info);
    return (size_t)(info.total / PAGE_SIZE_BYTES);
}

static int start_tables(int uffd, size_t budget)
{
    size_t machine = machine_pages(budget);
    uint64_t seed = 0;
    /* First: what is refused here is asked for again by every commit, and must leave nothing behind. */
    int error = presence_start(uffd, pager_state.thread_mode, pager_state.arena_size / PAGE_SIZE_BYTES);
    if (!error)
        error = host_random(&seed, sizeof(seed));
    if (error)
        return error;
    codec_seed(seed);
    codec_warm();
    error = frame_start(budget);
    if (!error)
        error = pte_table_start(pager_state.arena, pager_state.arena_size);
    if (!error)
        error = prototype_start();
    if (!error)
        error = store_start(machine > budget ? machine : budget);
    if (!error)
        error = entropy_start();
    if (!error)
        error = evict_start(pager_state.thread_mode);
    if (!error)
        error = fault_start(budget);
    pagefile_start(commit_pagefile_bytes((uint64_t)budget * PAGE_SIZE_BYTES));
    return error;
}

void pager_take_over_page(size_t page)
{
    pte raw = pte_raw(page), entry = pte_load(page);
    if (pte_state(entry) != PTE_ZERO)
        return;
    pte_touch_window(page / WINDOW_PAGES);
    frame_take_over_budget(1);
    uint32_t frame = frame_new(page);
    if (pte_cas(page, raw, pte_with(entry, PTE_VALID, frame))) {
        pte_window_add(page / WINDOW_PAGES, 1);
    } else {
        frame_free(frame);
        frame_give(1);
    }
}

/* Pages that are in memory already become valid; the others stay demand-zero. */
static void find_resident(uintptr_t base, size_t size)
{
    unsigned char present[WINDOW_PAGES];
    for (size_t done = 0; done < size;) {
        size_t part = size - done < sizeof(present) * PAGE_SIZE_BYTES ? size - done : sizeof(present) * PAGE_SIZE_BYTES;
        if (host_resident((void *)(base + done), part, present) != 0)
            return;
        for (size_t i = 0; i < part / PAGE_SIZE_BYTES; i++) {
            if (present[i] & 1)
                pager_take_over_page(pte_page(base + done) + i);
        }
        done += part;
    }
}

static int open_resident(void *base, size_t size)
{
    uint64_t signals;
    size_t first = pte_page((uintptr_t)base);
    evict_lock(&signals);
    int error = presence_guard_locked(first, first + size / PAGE_SIZE_BYTES, false);
    evict_unlock(&signals);
    return error;
}

static int take_over_run(void *context, void *base, size_t size, unsigned access)
{
    (void)context;
    host_no_huge_pages(base, size);
    int error = add_range(base, size, access, false);
    if (error)
        return error;
    find_resident((uintptr_t)base, size);
    return pager_by_protection ? open_resident(base, size) : 0;
}

/* -errno: paging has to do without. */
static int open_uffd(void)
{
    if (pager_state.thread_mode)
        return pager_state.thread_uffd - 1;
    if (strcmp(host_option_text(OPTION_FAULTS), "protection") == 0)
        return -ENOSYS;
    return host_uffd_open(HOST_UFFD_SIGNAL);
}

int pager_turn_on(void)
{
    if (&pager_run_chooses && pager_run_chooses)
        return 0; /* and stays due */
    pager_due = false;
    if (pager_on || !pager_state.for_each)
        return 0;
    host_options_freeze();
    size_t asked = commit_budget();
    size_t budget = asked == SIZE_MAX ? machine_pages(BUDGET_LEAST) : asked;
    budget = budget < BUDGET_LEAST ? BUDGET_LEAST : budget;
    pager_state.thread_mode = pager_state.thread_uffd != 0;
    int error = start_tables(open_uffd(), budget);
    if (error) {
        pager_state.start_error = error;
        return error;
    }
    if (asked == SIZE_MAX)
        frame_set_budget(UNLIMITED); /* only faults are watched, or the working set has a maximum */
    /* First: a call that another thread is in would meet a page that is only the kernel's to bring in until then. */
    host_dispatch_pause();
    if (!pager_state.thread_mode) {
        host_signal_start_paging(host_dispatch_restorer(), pager_by_protection);
        host_dispatch_start();
    }
    host_fork_whole(); /* the child could not page */
    pager_on = true;
    unpaged_count();
    error = pager_state.for_each(take_over_run, NULL);
    pager_state.start_error = error;
    prototype_take_sections();
    pager_state.add_views();
    prototype_find_resident();
    unpaged_start();
    unpaged_count();
    workingset_apply_early_locks();
    uint64_t signals;
    evict_lock(&signals);
    evict_pages_locked(64);
    evict_unlock(&signals);
    host_dispatch_resume();
    return error;
}

static int start_thread(void)
{
    int uffd = host_uffd_open(HOST_UFFD_THREAD);
    if (uffd < 0)
        return uffd;
    int error = handlers_start(uffd);
    if (error) {
        host_descriptor_close(uffd);
        return error;
    }
    return uffd;
}

int pager_use_thread(void)
{
    if (pager_on || pager_state.thread_uffd)
        return pager_on ? -EBUSY : 0;
    int uffd = start_thread();
    if (uffd < 0)
        return uffd;
    pager_state.thread_uffd = uffd + 1;
    ahead_start();
    return 0;
}

int pager_set_budget(uint64_t bytes)
{
    commit_set_budget(bytes);
    if (!pager_on)
        return 0;
    size_t pages = bytes ? (size_t)(bytes / PAGE_SIZE_BYTES) : UNLIMITED;
    pages = pages < BUDGET_LEAST ? BUDGET_LEAST : pages;
    uint64_t signals;
    evict_lock(&signals);
    pagefile_set_maximum(bytes ? commit_pagefile_bytes(bytes) : 0);
    evict_unlock(&signals);
    return shrink_to_budget(pages) ? 0 : -EBUSY;
}

bool pager_set_limits(size_t least, size_t most)
{
    frame_set_limits(least, most);
    if (pager_on)
        return shrink_to_limits();
    pager_due |= most != SIZE_MAX;
    return true;
}

void pager_tell_start(bool *thread_mode, int *error)
{
    *thread_mode = pager_state.thread_mode;
    *error = pager_state.start_error;
}

/* ---- fork ---- */

void pager_fork_prepare(void)
{
    prototype_before_fork();
    if (!pager_on)
        return;
    fault_freeze();
    evict_lock(&pager_state.fork_signals);
    evict_settle_locked();
    pagefile_before_fork_locked();
}

void pager_fork_parent(void)
{
    if (!pager_on)
        return;
    pagefile_after_fork_parent_locked();
    evict_unlock(&pager_state.fork_signals);
    fault_thaw();
}

static int register_run(void *context, void *base, size_t size, unsigned access)
{
    (void)context;
    (void)access;
    return host_uffd_register(presence_uffd(), base, size);
}

void pager_fork_child_locks(void)
{
    watch_restart();
    ahead_restart();
    handlers_restart();
    if (pager_on)
        evict_restart();
}

static void register_all_with(int uffd)
{
    host_uffd_forget();
    host_descriptor_close(presence_uffd());
    presence_set_uffd(uffd);
    if (uffd < 0 || pager_state.for_each(register_run, NULL) != 0) {
        static const char message[] = "winmem: no userfaultfd for the child of fork: it cannot page\n";
        (void)!write(2, message, sizeof(message) - 1);
        _exit(127);
    }
    fault_restart();
    prototype_after_fork_child();
}

/* The child has the tables and the store by copy-on-write; what it lacks is the registration, without which absent
 * pages would read as zero. In thread mode too it pages by signals at first: making a thread takes memory, which may
 * itself be paged out, and comes from a heap that this lock stops. */
void pager_fork_child(void)
{
    if (!pager_on) {
        if (pager_state.thread_uffd)
            close(pager_state.thread_uffd - 1); /* the parent's: it would register the parent's memory */
        return;
    }
    if (pager_by_protection) { /* which the child has, too */
        host_uffd_forget();
        fault_restart();
    } else {
        register_all_with(host_uffd_open(HOST_UFFD_SIGNAL));
    }
    pagefile_after_fork_child();
    shrink_fork_child();
    host_signals_restore(&pager_state.fork_signals);
}

int pager_fork_child_thread(void)
{
    if (!pager_on && pager_state.thread_uffd) { /* paging has not started: when it does, the thread must be there */
        pager_state.thread_uffd = 0;
        (void)pager_use_thread();
        return -ENOTSUP;
    }
    if (!pager_on || !pager_state.thread_mode)
        return -ENOTSUP;
    /* A thread begins with every signal blocked and reads the locale's tables, which may be paged out by now. */
    (void)*(volatile const char *)nl_langinfo(_NL_CTYPE_CLASS);
    (void)*(volatile const char *)nl_langinfo(_NL_CTYPE_TOUPPER);
    (void)*(volatile const char *)nl_langinfo(_NL_CTYPE_TOLOWER);
    int uffd = start_thread();
    if (uffd >= 0)
        handlers_await();
    return uffd;
}

/* Until the pages are registered again nothing may touch them: no lock of others is held and no other thread runs. */
void pager_fork_child_thread_mode(int uffd)
{
    uint64_t signals;
    host_signals_block(&signals);
    register_all_with(uffd);
    pager_state.thread_uffd = uffd + 1;
    host_signals_restore(&signals);
}

void pager_fork_child_ahead(void)
{
    ahead_start();
}

const char *pager_validate(void)
{
    if (!pager_on)
        return NULL;
    uint64_t signals;
    fault_freeze();
    evict_lock(&signals);
    evict_settle_locked();
    const char *wrong = store_check_locked();
    wrong = wrong ? wrong : prototype_check_locked();
    struct frame_totals totals;
    frame_get_totals(&totals);
    if ((int64_t)(totals.resident + totals.store + totals.tables + totals.unpaged) + totals.free !=
        (int64_t)totals.budget)
        wrong = "the budget does not add up";
    size_t resident = 0;
    /* Only windows that may have any: the table of all, read, would itself take more memory than most budgets. */
    for (size_t window = pte_next_window(0), last = 0; window != SIZE_MAX && window >= last && !wrong;
         last = window + 1, window = last < pte_table.window_count ? pte_next_window(last) : SIZE_MAX) {
        size_t here = 0;
        for (size_t page = window * WINDOW_PAGES; page < (window + 1) * WINDOW_PAGES; page++) {
            pte entry = pte_raw(page);
            if (pte_state(entry) == PTE_VALID && frame_get((uint32_t)pte_payload(entry))->page != page)
                wrong = "a frame belongs to another page";
            if (pte_in_transition(entry))
                wrong = "a page is in transition with nobody at work";
            here += pte_resident(entry);
        }
        if (here != atomic_load(&pte_table.windows[window].resident))
            wrong = "a window miscounts its resident pages";
        resident += here;
    }
    if (!wrong && resident != totals.resident)
        wrong = "resident pages are miscounted";
    evict_unlock(&signals);
    fault_thaw();
    return wrong;
}
