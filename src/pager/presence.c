/* presence.c: the two ways to make a page unreachable and reachable; see presence.h. Calls host and the page table. */
#include "pager/presence.h"

#include <errno.h>
#include <string.h>

#include "host/memory.h"
#include "host/pages.h"
#include "host/proc.h"
#include "host/uffd.h"
#include "pager/frame.h"
#include "pager/pager.h"

#define CHECK_LEAST ((size_t)256)
#define TABLE_PAGES 4096u /* pages whose access one page of the table has */

bool pager_by_protection;

static struct {
    int uffd;
    bool thread_mode;
    _Atomic uint8_t *access;  /* by protection: what the program may do with each page, enum pager_access */
    _Atomic uint8_t *touched; /* pages of that table which cost memory */
    _Atomic size_t changes;   /* each may have made two mappings more */
    _Atomic size_t check_at;  /* changes at which mappings are counted */
    size_t most;              /* mappings that may be */
} presence_state;

static int protect(size_t first, size_t end, unsigned access)
{
    atomic_fetch_add_explicit(&presence_state.changes, 1, memory_order_relaxed);
    int error = host_protect(pte_address(first), (end - first) * PAGE_SIZE_BYTES, access);
    if (error == -ENOMEM)
        atomic_store(&presence_state.check_at, 0);
    return error;
}

/* ---- start ---- */

/* Whether bytes can be put behind a protection that forbids everything (a kernel may be told to refuse that). */
static int try_protection(void)
{
    static const char mark[] = "winmem";
    void *page;
    int error = host_table_reserve(PAGE_SIZE_BYTES, &page);
    if (error)
        return error;
    error = host_protect(page, PAGE_SIZE_BYTES, HOST_NONE);
    if (!error)
        error = host_write_protected(page, mark, sizeof(mark)) == sizeof(mark) ? 0 : -EPERM;
    if (!error)
        error = host_protect(page, PAGE_SIZE_BYTES, HOST_READ);
    if (!error && memcmp(page, mark, sizeof(mark)) != 0)
        error = -EPERM;
    host_table_release(page, PAGE_SIZE_BYTES);
    return error;
}

int presence_start(int uffd, bool thread_mode, size_t arena_pages)
{
    void *access, *touched;
    presence_state.uffd = uffd;
    presence_state.thread_mode = thread_mode;
    pager_by_protection = false;
    if (uffd >= 0)
        return 0;
    size_t table = arena_pages / TABLE_PAGES;
    if (try_protection() != 0)
        return uffd;
    int error = host_table_reserve(arena_pages, &access);
    if (!error)
        error = host_table_reserve((table + PAGE_SIZE_BYTES) & ~(PAGE_SIZE_BYTES - 1), &touched);
    if (error)
        return error;
    presence_state.access = access;
    presence_state.touched = touched;
    presence_state.most = host_mapping_limit() / 4 * 3;
    pager_by_protection = true;
    atomic_store(&presence_state.check_at, CHECK_LEAST);
    return 0;
}

void presence_set_uffd(int uffd)
{
    presence_state.uffd = uffd;
}

int presence_uffd(void)
{
    return presence_state.uffd;
}

/* ---- access ---- */

static unsigned access_of(size_t page)
{
    return atomic_load_explicit(&presence_state.access[page], memory_order_acquire);
}

static void set_access(size_t first, size_t end, unsigned access)
{
    for (size_t at = first / TABLE_PAGES; at <= (end - 1) / TABLE_PAGES; at++) {
        if (!atomic_exchange(&presence_state.touched[at], 1))
            frame_account_table(1);
    }
    for (size_t page = first; page < end; page++)
        atomic_store_explicit(&presence_state.access[page], (uint8_t)access, memory_order_release);
}

/* A page is touched while the range is whole: pieces of it that are split off before they have one do not join again.
 */
int presence_add(void *base, size_t size, unsigned access, bool fresh)
{
    if (!pager_by_protection)
        return host_uffd_register(presence_state.uffd, base, size);
    size_t first = pte_page((uintptr_t)base), end = first + size / PAGE_SIZE_BYTES;
    struct iovec touched = {base, PAGE_SIZE_BYTES};
    host_no_huge_pages(base, size); /* pages go one by one */
    set_access(first, end, access);
    if (access & PAGER_WRITE)
        host_populate(base, PAGE_SIZE_BYTES, true);
    int error = protect(first, end, HOST_NONE);
    if (!error && fresh)
        host_drop_pages(&touched, 1);
    return error;
}

bool presence_allows(size_t page, unsigned access)
{
    return !pager_by_protection || (access_of(page) & access) == access;
}

/* Opens the pages of a range that are there, as far as the program may use them. */
static int open_valid(size_t first, size_t end)
{
    int error = 0;
    for (size_t page = first, stop; page < end && !error; page = stop) {
        unsigned access = access_of(page);
        stop = page + 1;
        if (pte_state(pte_raw(page)) != PTE_VALID)
            continue;
        while (stop < end && pte_state(pte_raw(stop)) == PTE_VALID && access_of(stop) == access)
            stop++;
        error = protect(page, stop, access);
    }
    return error;
}

/* Each closing interrupts the processors that know the pages: where most of a range is to go it is closed as a whole,
 * and opened again in part. Who needs one of the others meanwhile opens it. */
static int close_victims(size_t first, size_t end)
{
    size_t victims = 0, others = 0;
    int error = 0;
    for (size_t page = first; page < end; page++) {
        enum pte_state state = pte_state(pte_raw(page));
        victims += state == PTE_EVICTING;
        others += state == PTE_VALID;
    }
    if (others <= victims)
        return protect(first, end, HOST_NONE);
    for (size_t page = first, stop; page < end && !error; page = stop) {
        stop = page + 1;
        if (pte_state(pte_raw(page)) != PTE_EVICTING)
            continue;
        while (stop < end && pte_state(pte_raw(stop)) == PTE_EVICTING)
            stop++;
        error = protect(page, stop, HOST_NONE);
    }
    return error;
}

/* Who brings in or repairs a page meanwhile has read its access before or after: waited for in the first case. */
int presence_change_locked(size_t first, size_t end, unsigned access)
{
    int error = 0;
    set_access(first, end, access);
    atomic_thread_fence(memory_order_seq_cst); /* who claims a page that is seen unclaimed below reads the new access */
    for (size_t page = first, stop; page < end && !error; page = stop) {
        size_t window = page / WINDOW_PAGES;
        stop = (window + 1) * WINDOW_PAGES < end ? (window + 1) * WINDOW_PAGES : end;
        if (!atomic_load(&pte_table.windows[window].touched))
            continue; /* all of it is out of reach anyway */
        for (size_t at = page; at < stop; at++) {
            while (pte_in_transition(pte_raw(at)))
                host_yield();
        }
        error = open_valid(page, stop);
    }
    return error;
}

/* ---- coming and going ---- */

/* -ENOMEM tells of too many mappings, or of a page that is not mapped. */
static int why_refused(size_t page, int error)
{
    unsigned char present;
    return error == -ENOMEM && host_resident(pte_address(page), PAGE_SIZE_BYTES, &present) == -ENOMEM ? -ENOENT : error;
}

static int64_t put_behind_protection(size_t page, const uint8_t *bytes, size_t count)
{
    size_t done = 0;
    if (bytes) {
        int64_t put = host_write_protected(pte_address(page), bytes, count * PAGE_SIZE_BYTES);
        if (put < (int64_t)PAGE_SIZE_BYTES)
            return put == -ENOMEM ? put : -ENOENT;
        count = (size_t)put / PAGE_SIZE_BYTES;
    }
    while (done < count) {
        unsigned access = access_of(page + done);
        size_t stop = done + 1;
        while (stop < count && access_of(page + stop) == access)
            stop++;
        int error = access ? protect(page + done, page + stop, access) : 0;
        if (error) {
            struct iovec rest = {pte_address(page + done), (count - done) * PAGE_SIZE_BYTES};
            error = why_refused(page + done, error);
            if (bytes)
                host_drop_pages(&rest, 1);
            return done ? (int64_t)done : error;
        }
        done = stop;
    }
    return (int64_t)done;
}

int64_t presence_put(size_t page, const uint8_t *bytes, size_t count)
{
    void *at = pte_address(page);
    if (pager_by_protection)
        return put_behind_protection(page, bytes, count);
    int64_t put = bytes ? host_uffd_copy(presence_state.uffd, at, bytes, count * PAGE_SIZE_BYTES)
                        : host_uffd_zero(presence_state.uffd, at, count * PAGE_SIZE_BYTES);
    return put > 0 ? put / (int64_t)PAGE_SIZE_BYTES : put;
}

int presence_guard_locked(size_t first, size_t end, bool on)
{
    if (!pager_by_protection)
        return host_uffd_protect(presence_state.uffd, pte_address(first), (end - first) * PAGE_SIZE_BYTES, on);
    return on ? close_victims(first, end) : open_valid(first, end);
}

int presence_close_locked(size_t first, size_t end)
{
    return pager_by_protection ? protect(first, end, HOST_NONE) : 0;
}

int presence_repair(size_t page, bool gone)
{
    if (pager_by_protection)
        return protect(page, page + 1, access_of(page));
    host_uffd_protect(presence_state.uffd, pte_address(page), PAGE_SIZE_BYTES, false);
    return gone && host_uffd_zero(presence_state.uffd, pte_address(page), PAGE_SIZE_BYTES) > 0 ? 1 : 0;
}

/* Without the kernel's own mark (Linux 6.6) the page is shut; mm opens it when it can be had again. */
void presence_fail(size_t page)
{
    int error;
    do
        error = host_uffd_poison(presence_state.uffd, pte_address(page), PAGE_SIZE_BYTES);
    while (error == -EAGAIN);
    if (error && error != -EEXIST)
        host_protect(pte_address(page), PAGE_SIZE_BYTES, HOST_NONE);
}

void presence_wake(size_t page)
{
    if (presence_state.thread_mode)
        host_uffd_wake(presence_state.uffd, pte_address(page), PAGE_SIZE_BYTES);
}

/* ---- mappings ---- */

bool presence_is_crowded(void)
{
    return pager_by_protection && atomic_load_explicit(&presence_state.changes, memory_order_relaxed) >=
                                      atomic_load_explicit(&presence_state.check_at, memory_order_relaxed);
}

size_t presence_mappings(size_t *most)
{
    size_t count = host_mapping_count();
    *most = presence_state.most;
    return count;
}

void presence_counted(size_t mappings)
{
    size_t changes = atomic_load(&presence_state.changes);
    size_t left = presence_state.most > mappings ? (presence_state.most - mappings) / 2 : 0;
    atomic_store(&presence_state.check_at, changes + (left > CHECK_LEAST ? left : CHECK_LEAST));
}
