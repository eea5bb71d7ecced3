/* offer.c: memory that nobody needs for now: it leaves first, lowest priority before others, and is not kept. Takes
 * lock W itself. What is not in memory when it is offered had to leave already: it is dropped at once. */
#include "host/pages.h"
#include "host/uffd.h"
#include "pager/evict.h"
#include "pager/fault.h"
#include "pager/pager.h"
#include "pager/pte.h"
#include "pager/store.h"

#define LEFT_BITS (PTE_NO_READ | PTE_PRIORITY_MASK)

/* The entry when nobody is at it. */
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

static void offer_page(size_t page, unsigned priority)
{
    pte bits = (pte)priority << PTE_PRIORITY_SHIFT, entry, after;
    do {
        entry = settled(page);
        if (pte_state(entry) == PTE_STORED)
            after = (entry & LEFT_BITS) | PTE_ZERO | PTE_DISCARDED;
        else if (pte_state(entry) == PTE_VALID)
            after = (entry & ~(PTE_LOCKED | PTE_PRIORITY_MASK)) | PTE_OFFERED | bits;
        else
            return;
    } while (!pte_cas(page, entry, after));
    if (pte_state(entry) == PTE_STORED)
        store_free(pte_payload(entry));
    else
        pte_note_priority(page / WINDOW_PAGES, priority);
}

/* Whether what it held is still there. */
static bool reclaim_page(size_t page)
{
    pte entry, after;
    do {
        entry = settled(page);
        after = entry & ~(PTE_PRIORITY_MASK | PTE_DISCARDED);
        if (pte_state(entry) == PTE_VALID)
            after &= ~PTE_OFFERED;
        else if (pte_state(entry) != PTE_ZERO)
            return true;
    } while (!pte_cas(page, entry, after));
    return !(entry & PTE_DISCARDED);
}

void pager_offer(void *base, size_t size, unsigned priority)
{
    uint64_t signals;
    if (!pager_on) {
        workingset_note_offer((uintptr_t)base, size, priority);
        return;
    }
    size_t first = pte_page((uintptr_t)base);
    if (first == SIZE_MAX)
        return;
    evict_lock(&signals);
    for (size_t page = first; page < first + size / PAGE_SIZE_BYTES; page++)
        offer_page(page, priority);
    store_release_empty_locked();
    evict_unlock(&signals);
}

bool pager_reclaim(void *base, size_t size)
{
    uint64_t signals;
    bool whole = true;
    if (!pager_on) {
        pager_set_priority((uintptr_t)base, size, 5);
        return true;
    }
    size_t first = pte_page((uintptr_t)base);
    if (first == SIZE_MAX)
        return true;
    evict_lock(&signals);
    for (size_t page = first; page < first + size / PAGE_SIZE_BYTES; page++)
        whole &= reclaim_page(page);
    evict_unlock(&signals);
    return whole;
}
