/* commit.c: the commit charge of the process: one atomic counter against a limit. Calls host for the machine's
 * memory; takes no locks and may be called anywhere. */
#include "pager/commit.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "host/options.h"
#include "host/system.h"
#include "pager/pager.h"

#define PAGE ((size_t)4096)
#define DEFAULT_PAGEFILE_LEAST ((uint64_t)4 << 30)

bool pager_on;
bool pager_due;

static struct {
    _Atomic size_t total; /* pages charged */
    _Atomic size_t peak;
    _Atomic size_t shared;   /* of total: sections' pages */
    _Atomic size_t limit;    /* 0: not computed yet */
    _Atomic size_t budget;   /* pages; SIZE_MAX: none */
    _Atomic uint64_t device; /* bytes that the device or export behind the paging file can hold; 0: not known */
    int (*_Atomic job_charge)(size_t pages);
    void (*_Atomic job_uncharge)(size_t pages);
} commit_state;

static uint64_t asked_pagefile_bytes(uint64_t ram)
{
    const char *text = host_option_text(OPTION_PAGEFILE);
    uint64_t bytes;
    if (text[0] == 'n' && text[1] == 'o' && text[2] == 'n' && text[3] == 'e' && !text[4])
        return 0;
    if (host_parse_size(text, &bytes) == 0)
        return bytes;
    bytes = host_option_number(OPTION_PAGEFILE_MAX);
    if (bytes)
        return bytes;
    return ram * 3 > DEFAULT_PAGEFILE_LEAST ? ram * 3 : DEFAULT_PAGEFILE_LEAST;
}

uint64_t commit_pagefile_bytes(uint64_t ram)
{
    uint64_t bytes = asked_pagefile_bytes(ram), device = atomic_load(&commit_state.device);
    return device && device < bytes ? device : bytes;
}

static size_t unbudgeted_limit(void)
{
    uint64_t memory, swap;
    if (host_memory_totals(&memory, &swap) != 0)
        return SIZE_MAX / PAGE / 2;
    return (size_t)((memory * 4 + swap) / PAGE);
}

static size_t set_limit(uint64_t ram)
{
    size_t budget = ram ? (size_t)(ram / PAGE) : SIZE_MAX;
    size_t limit = ram ? budget + (size_t)(commit_pagefile_bytes(ram) / PAGE) : unbudgeted_limit();
    atomic_store(&commit_state.budget, budget);
    atomic_store(&commit_state.limit, limit);
    return limit;
}

static size_t current_limit(void)
{
    size_t limit = atomic_load_explicit(&commit_state.limit, memory_order_relaxed);
    return limit ? limit : set_limit(host_option_number(OPTION_RAM));
}

void commit_set_budget(uint64_t ram)
{
    set_limit(ram);
    if (!pager_on && commit_exceeds_budget())
        pager_due = true;
}

void commit_set_device(uint64_t bytes)
{
    size_t budget = commit_budget();
    atomic_store(&commit_state.device, bytes);
    (void)set_limit(budget == SIZE_MAX ? 0 : (uint64_t)budget * PAGE);
}

size_t commit_budget(void)
{
    (void)current_limit();
    return atomic_load_explicit(&commit_state.budget, memory_order_relaxed);
}

bool commit_exceeds_budget(void)
{
    return atomic_load_explicit(&commit_state.total, memory_order_relaxed) > commit_budget();
}

static int charge_process(size_t pages)
{
    size_t limit = current_limit();
    size_t total = atomic_load_explicit(&commit_state.total, memory_order_relaxed);
    do {
        if (pages > limit || total > limit - pages)
            return -ENOMEM;
    } while (!atomic_compare_exchange_weak_explicit(&commit_state.total, &total, total + pages, memory_order_relaxed,
                                                    memory_order_relaxed));
    total += pages;
    size_t peak = atomic_load_explicit(&commit_state.peak, memory_order_relaxed);
    while (total > peak && !atomic_compare_exchange_weak_explicit(&commit_state.peak, &peak, total,
                                                                  memory_order_relaxed, memory_order_relaxed)) {}
    if (!pager_on && total > atomic_load_explicit(&commit_state.budget, memory_order_relaxed))
        pager_due = true;
    return 0;
}

void pager_set_job(int (*charge)(size_t pages), void (*uncharge)(size_t pages))
{
    atomic_store(&commit_state.job_uncharge, uncharge);
    atomic_store(&commit_state.job_charge, charge);
}

int pager_charge(size_t pages)
{
    int (*job)(size_t) = atomic_load_explicit(&commit_state.job_charge, memory_order_relaxed);
    if (__builtin_expect(job != NULL, 0) && job(pages) != 0)
        return -ENOMEM;
    int error = charge_process(pages);
    if (error && job)
        commit_state.job_uncharge(pages);
    return error;
}

void pager_uncharge(size_t pages)
{
    atomic_fetch_sub_explicit(&commit_state.total, pages, memory_order_relaxed);
    void (*job)(size_t) = atomic_load_explicit(&commit_state.job_uncharge, memory_order_relaxed);
    if (__builtin_expect(job != NULL, 0))
        job(pages);
}

void pager_uncharge_forked(size_t pages)
{
    atomic_fetch_sub_explicit(&commit_state.total, pages, memory_order_relaxed);
}

void pager_note_shared(ptrdiff_t pages)
{
    atomic_fetch_add_explicit(&commit_state.shared, (size_t)pages, memory_order_relaxed);
}

void pager_get_commit(struct pager_commit *commit)
{
    commit->limit = current_limit();
    commit->total = atomic_load_explicit(&commit_state.total, memory_order_relaxed);
    commit->peak = atomic_load_explicit(&commit_state.peak, memory_order_relaxed);
    size_t shared = atomic_load_explicit(&commit_state.shared, memory_order_relaxed);
    commit->shared = shared < commit->total ? shared : commit->total;
}
