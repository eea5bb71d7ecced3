/* unpaged.c: see unpaged.h. The kernel faults these pages in unseen, so they are asked for: a table of the files that
 * hold them, read without a lock in the signal handler; and the kernel's count of private pages, of which those are
 * taken off that the pager knows, and what there was besides when paging started. A descriptor that was closed and
 * opened anew meanwhile is told by its identity. Calls host and the budget's account. */
#include "pager/unpaged.h"

#include <errno.h>
#include <stdatomic.h>

#include "host/machine.h"
#include "host/section.h"
#include "pager/frame.h"
#include "pager/pager.h"

#define PAGES_A_LOOK 32u   /* that come in between two looks at the files, */
#define PAGES_A_COUNT 256u /* and at private memory */
#define BEFORE_MOST 2048u  /* pages of libraries and stacks */
#define BESIDE_LEAST 256u  /* fewer are not worth counting */

static struct {
    struct {
        _Atomic int file;       /* descriptor + 1, 0: free, -1: being written */
        _Atomic unsigned turn;  /* changes before `file` does */
        _Atomic uint64_t inode; /* 0: nobody has looked yet; without paging that is another call of the kernel */
        _Atomic size_t pages;   /* that may be paged */
        _Atomic bool paged;
    } files[UNPAGED_FILES];
    _Atomic unsigned used;
    _Atomic unsigned free; /* none below it is, as far as is known */
    _Atomic size_t asked;  /* pages */
    _Atomic size_t pages, beside, counted;
    size_t before, least; /* private pages when paging started; so many more are not told apart from that */
} unpaged_state;

static bool is_empty(void)
{
    return atomic_load_explicit(&unpaged_state.used, memory_order_relaxed) == 0;
}

uint32_t unpaged_add(int fd, size_t pages)
{
    uint64_t inode = 0, blocks;
    if (pager_on && host_file_blocks(fd, &inode, &blocks) != 0)
        return 0;
    for (unsigned i = atomic_load(&unpaged_state.free); i < UNPAGED_FILES; i++) {
        int none = 0;
        if (!atomic_compare_exchange_strong(&unpaged_state.files[i].file, &none, -1))
            continue;
        atomic_store(&unpaged_state.files[i].inode, inode);
        atomic_store(&unpaged_state.files[i].pages, pages);
        atomic_store(&unpaged_state.files[i].paged, false);
        atomic_fetch_add(&unpaged_state.files[i].turn, 1);
        atomic_store(&unpaged_state.files[i].file, fd + 1);
        atomic_store(&unpaged_state.free, i + 1);
        unsigned used = atomic_load(&unpaged_state.used);
        while (used <= i && !atomic_compare_exchange_weak(&unpaged_state.used, &used, i + 1)) {}
        return i + 1;
    }
    return 0;
}

void unpaged_remove(uint32_t number)
{
    unsigned i = number - 1, free = atomic_load(&unpaged_state.free);
    atomic_fetch_add(&unpaged_state.files[i].turn, 1); /* the descriptor is closed after this */
    atomic_store(&unpaged_state.files[i].file, 0);
    while (free > i && !atomic_compare_exchange_weak(&unpaged_state.free, &free, i)) {}
}

bool unpaged_may_page(uint32_t number, int *fd, size_t *pages)
{
    int file = atomic_load(&unpaged_state.files[number - 1].file);
    *fd = file - 1;
    *pages = atomic_load(&unpaged_state.files[number - 1].pages);
    return file > 0 && *pages;
}

void unpaged_never_page(uint32_t number)
{
    atomic_store(&unpaged_state.files[number - 1].pages, 0);
}

void unpaged_set_paged(uint32_t number, bool paged)
{
    atomic_store(&unpaged_state.files[number - 1].paged, paged);
}

uint32_t unpaged_last(void)
{
    return atomic_load(&unpaged_state.used);
}

static size_t known_pages(void)
{
    struct frame_totals known;
    frame_get_totals(&known);
    int64_t of_sections = atomic_load_explicit(&pte_table.of_sections, memory_order_relaxed); /* those are shared */
    return known.resident + known.store + known.tables - (of_sections > 0 ? (size_t)of_sections : 0);
}

/* Pages that come or go while the kernel is asked are known before or after. */
static size_t private_beside(void)
{
    if (!unpaged_state.least)
        return 0;
    size_t known = known_pages(), all = (size_t)host_private_resident(), after = known_pages();
    if (!all)
        return atomic_load(&unpaged_state.beside); /* not told: no descriptor is free, say */
    known = (known > after ? known : after) + unpaged_state.before;
    return all > known + unpaged_state.least ? all - known : 0;
}

void unpaged_start(void)
{
    struct host_processor_info processors;
    host_processor_info(&processors);
    unpaged_state.before = 0;
    unpaged_state.least = 1;
    size_t before = private_beside();
    unpaged_state.before = before < BEFORE_MOST ? before : BEFORE_MOST;
    unpaged_state.least = BESIDE_LEAST + (size_t)HOST_PRIVATE_ERROR * processors.count;
}

/* What one file holds. Who looks at it first notes which it is, if it was not exchanged for another meanwhile. */
static uint64_t pages_of(unsigned i)
{
    unsigned turn = atomic_load(&unpaged_state.files[i].turn);
    int file = atomic_load(&unpaged_state.files[i].file);
    uint64_t inode, pages, none = 0;
    if (file <= 0 || atomic_load(&unpaged_state.files[i].paged) || host_file_blocks(file - 1, &inode, &pages) != 0)
        return 0;
    uint64_t known = atomic_load(&unpaged_state.files[i].inode);
    if (known)
        return inode == known ? pages : 0;
    if (atomic_load(&unpaged_state.files[i].turn) != turn)
        return 0;
    if (atomic_compare_exchange_strong(&unpaged_state.files[i].inode, &none, inode) &&
        atomic_load(&unpaged_state.files[i].turn) != turn)
        atomic_compare_exchange_strong(&unpaged_state.files[i].inode, &inode, 0);
    return pages;
}

static size_t pages_of_files(void)
{
    size_t sum = 0;
    for (unsigned i = 0, used = atomic_load(&unpaged_state.used); i < used; i++)
        sum += pages_of(i);
    return sum;
}

static void count(bool beside_too)
{
    size_t files = pages_of_files();
    size_t beside = pager_on && beside_too ? private_beside() : atomic_load(&unpaged_state.beside);
    size_t most = pager_on ? frame_budget() / 4 * 3 : 0, sum = files + beside, counted = sum < most ? sum : most;
    atomic_store(&unpaged_state.pages, files);
    atomic_store(&unpaged_state.beside, beside);
    if (pager_on)
        frame_account_unpaged((int64_t)counted - (int64_t)atomic_exchange(&unpaged_state.counted, counted));
}

int pager_add_file(int fd)
{
    return unpaged_add(fd, 0) ? 0 : -ENOMEM;
}

void pager_remove_file(int fd)
{
    for (unsigned i = 0; i < atomic_load(&unpaged_state.used); i++) {
        if (atomic_load(&unpaged_state.files[i].file) == fd + 1) {
            unpaged_remove(i + 1);
            break;
        }
    }
    count(false);
}

void unpaged_count(void)
{
    count(true);
}

void unpaged_count_sometimes(size_t pages)
{
    size_t before = atomic_fetch_add_explicit(&unpaged_state.asked, pages, memory_order_relaxed), now = before + pages;
    bool beside_too = before / PAGES_A_COUNT != now / PAGES_A_COUNT;
    if (beside_too || (before / PAGES_A_LOOK != now / PAGES_A_LOOK && !is_empty()))
        count(beside_too);
}

size_t pager_file_pages(void)
{
    unpaged_count();
    return atomic_load(&unpaged_state.pages);
}

void unpaged_get_totals(struct unpaged_totals *totals)
{
    totals->files = atomic_load(&unpaged_state.pages);
    totals->beside = atomic_load(&unpaged_state.beside);
    totals->counted = atomic_load(&unpaged_state.counted);
}
