/* residency.h: which pages of this process stay in memory, go, or come: behind VirtualLock and its kin. Addresses and
 * sizes as the caller gave them, rounded here to the pages they touch. */
#ifndef WINMEM_NT_RESIDENCY_H
#define WINMEM_NT_RESIDENCY_H

#include <ntstatus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winnt.h>

/* WAS_LOCKED: every page was; ACCESS_VIOLATION: not committed or not accessible; WORKING_SET_QUOTA: more than the
 * minimum working set allows. */
NTSTATUS nt_lock_pages(uintptr_t address, size_t size);
/* NOT_LOCKED (and the pages leave the working set) unless every page is locked. */
NTSTATUS nt_unlock_pages(uintptr_t address, size_t size);
/* Memory was decommitted: locks on it are no more. */
void nt_pages_gone(uintptr_t base, size_t size);
bool nt_is_locked(uintptr_t page);
NTSTATUS nt_prefetch_pages(uintptr_t address, size_t size);
/* INVALID_PARAMETER: not whole pages. priority 1..4: lower goes first. *whole: nothing of what was offered is lost. */
NTSTATUS nt_offer_pages(uintptr_t address, size_t size, unsigned priority);
NTSTATUS nt_reclaim_pages(uintptr_t address, size_t size, bool *whole);
NTSTATUS nt_discard_pages(uintptr_t address, size_t size);

#endif
