/* unpaged.c: see unpaged.h. The kernel faults these pages in unseen, so they are asked for: a table of the files that
 * hold them, read without a lock in the signal handler. A descriptor that was closed and opened anew meanwhile is told
 * by its identity. Calls host and the budget's account. */
#include "pager/unpaged.h"

#include <errno.h>
#include <stdatomic.h>

#include "host/section.h"
#include "pager/frame.h"
#include "pager/pager.h"

#define CALLS_A_LOOK 32u

static struct {
    struct {
        _Atomic int file; /* descriptor + 1, 0: free, -1: being written */
        _Atomic uint64_t inode;
        _Atomic size_t pages; /* that may be paged */
        _Atomic bool paged;
    } files[UNPAGED_FILES];
    _Atomic unsigned used;
    _Atomic unsigned free; /* none below it is, as far as is known */
    _Atomic unsigned calls;
    _Atomic size_t pages, counted;
} unpaged_state;

static bool is_empty(void)
{
    return atomic_load_explicit(&unpaged_state.used, memory_order_relaxed) == 0;
}

uint32_t unpaged_add(int fd, size_t pages)
{
    struct host_file_id id;
    uint64_t blocks;
    if (host_file_blocks(fd, &id.inode, &blocks) != 0)
        return 0;
    for (unsigned i = atomic_load(&unpaged_state.free); i < UNPAGED_FILES; i++) {
        int none = 0;
        if (!atomic_compare_exchange_strong(&unpaged_state.files[i].file, &none, -1))
            continue;
        atomic_store(&unpaged_state.files[i].inode, id.inode);
        atomic_store(&unpaged_state.files[i].pages, pages);
        atomic_store(&unpaged_state.files[i].paged, false);
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
    unpaged_count();
}

void unpaged_count(void)
{
    size_t sum = 0;
    if (is_empty())
        return;
    for (unsigned i = 0, used = atomic_load(&unpaged_state.used); i < used; i++) {
        int file = atomic_load(&unpaged_state.files[i].file);
        uint64_t inode, pages;
        if (file > 0 && !atomic_load(&unpaged_state.files[i].paged) &&
            host_file_blocks(file - 1, &inode, &pages) == 0 && inode == atomic_load(&unpaged_state.files[i].inode))
            sum += pages;
    }
    size_t most = pager_on ? frame_budget() / 4 * 3 : 0, counted = sum < most ? sum : most;
    atomic_store(&unpaged_state.pages, sum);
    if (pager_on)
        frame_account_unpaged((int64_t)counted - (int64_t)atomic_exchange(&unpaged_state.counted, counted));
}

void unpaged_count_sometimes(void)
{
    if (!is_empty() && atomic_fetch_add_explicit(&unpaged_state.calls, 1, memory_order_relaxed) % CALLS_A_LOOK == 0)
        unpaged_count();
}

size_t pager_file_pages(void)
{
    unpaged_count();
    return atomic_load(&unpaged_state.pages);
}

size_t unpaged_pages(size_t *counted)
{
    *counted = atomic_load(&unpaged_state.counted);
    return atomic_load(&unpaged_state.pages);
}
