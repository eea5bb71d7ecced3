/* pager.h: physical memory as mm sees it: commit charge, budget, page-in, trimming, locking. Knows pages of the arena,
 * not VADs and nothing of Windows; returns 0 or -errno; never calls malloc. While no budget is exceeded, every hook
 * is one predicted branch on `pager_on`.
 *
 * What mm does: pager_start once; pager_charge before every commit; when pager_due is set after a charge,
 * pager_turn_on; then, while pager_on, the hooks around its kernel calls, all under the address-space lock. In its
 * fault handler, before it takes any lock: `if (pager_on && pager_fault(address, write) == 0) resolved`. */
#ifndef WINMEM_PAGER_PAGER_H
#define WINMEM_PAGER_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/shared.h"

extern bool pager_on;            /* paging machinery is running: hooks below must be called */
extern bool pager_by_protection; /* there is no userfaultfd: faults of pages that are not there are SIGSEGV */
extern bool pager_due; /* commit has exceeded the budget, or the budget shrank: mm should call pager_turn_on */

/* Access of a committed range as the program may use it. */
enum pager_access { PAGER_NONE = 0, PAGER_READ = 1, PAGER_WRITE = 2, PAGER_EXECUTE = 4 };

/* Once, before anything else: the arena whose committed private memory is paged. */
void pager_start(uintptr_t arena, size_t arena_size);

/* Commit charge, always counted (pages). -ENOMEM when the limit would be exceeded: nothing is charged then.
 * No locks are taken; may be called with or without the address-space lock. */
int pager_charge(size_t pages);
void pager_uncharge(size_t pages);
/* In the child of a fork, before its job is told of what it has. */
void pager_uncharge_forked(size_t pages);
/* A group of processes that shares a limit is asked before each charge (0, or -errno to refuse) and told of each
 * return. Set once; both may be called anywhere, must not allocate and must not call the pager. */
void pager_set_job(int (*charge)(size_t pages), void (*uncharge)(size_t pages));
/* Of what is charged, this much more (or less) belongs to sections, which other processes may share. */
void pager_note_shared(ptrdiff_t pages);
struct pager_commit {
    size_t total, peak, limit, shared; /* pages */
};
void pager_get_commit(struct pager_commit *commit);

/* A file in memory whose pages are a section's: not paged, but counted in the budget. Add: -ENOMEM when too many are
 * (then it is not counted). Remove: before it is closed. */
int pager_add_file(int fd);
void pager_remove_file(int fd);
size_t pager_file_pages(void);

/* A section without a file: its memory file, which is paged from when paging runs, as long as nobody but this process
 * has it. Returns its number, 0: there are too many; then it is neither paged nor counted. Remove: before it is closed,
 * when no view is left. share: somebody else is to have it: it is brought in whole and no longer paged; 0, or -EIO,
 * -ENOMEM, and then it must not be given away. */
uint32_t pager_add_section(int fd, size_t pages);
void pager_remove_section(uint32_t number);
int pager_share_section(uint32_t number);
bool pager_section_is_paged(uint32_t number);
/* A view, with the address-space lock: mapped without access and given it after add; unmapped before remove. renew:
 * after a part of it was mapped anew, in the same way. Views of what is not paged are passed over. `copy`: writes are
 * private. add, renew: 0 or -errno. */
int pager_add_view(uint32_t number, void *base, size_t size, uint64_t offset, bool copy);
int pager_renew_view(void *base, size_t size);
void pager_remove_view(void *base);

/* mm's iterator over every committed private run of the arena; called under the address-space lock only. It stops
 * and returns what `visit` returned when that is not 0. */
typedef int pager_visit(void *context, void *base, size_t size, unsigned access);
typedef int pager_for_each(pager_visit *visit, void *context);
/* And over every view of a section with a number: calls pager_add_view, and goes on if that fails. */
void pager_set_source(pager_for_each *for_each_committed, void (*add_views)(void));
/* Starts paging: registers everything committed. Address-space lock held. On failure paging stays off, pager_due is
 * cleared and the program runs unpaged (the reason is kept for statistics). */
int pager_turn_on(void);

/* Pages are to leave memory although the budget is not exceeded yet: sets pager_due if there is one. */
void pager_ask(void);

/* Hooks of mm around its kernel calls, address-space lock held, only while pager_on.
 * after_commit: fresh zero pages were mapped (register them; on failure mm unmaps them again).
 * decommit: unmaps (held: leaves an inaccessible mapping) and forgets the pages, or fails with all of them in place.
 * protect: gives the range this access; after an error some of it may have it. */
int pager_after_commit(void *base, size_t size, unsigned access);
int pager_decommit(void *base, size_t size, bool held);
int pager_protect(void *base, size_t size, unsigned access);
/* MEM_RESET, discard: contents become zero, the range stays committed. */
void pager_discard(void *base, size_t size);

/* Pages: the budget (0: none is set), and how much of it nobody uses while paging runs. */
size_t pager_budget(void);
size_t pager_available(void);
size_t pager_in_use(void); /* of a budget, whether paging runs or not */

/* Offered, priority 1 (first) to 4: dropped instead of kept when memory is short, and no longer locked. Reclaim: kept
 * again; false: some of it was dropped, and reads zero. */
void pager_offer(void *base, size_t size, unsigned priority);
bool pager_reclaim(void *base, size_t size);

/* A fault in a paged range, of one kind of access: 0 resolved; -EAGAIN not the pager's; -EIO the page cannot be
 * brought back. Signal-safe. */
int pager_fault(uintptr_t address, unsigned access);

/* The same by the instruction at `pc`, for the record of faults. */
int pager_fault_at(uintptr_t address, unsigned access, uintptr_t pc);

/* Records faults that take pages in (pager/watch.h). Faults are seen only while paging runs: pager_due is set, and
 * without a budget nothing is evicted. */
int pager_watch_faults(void);

/* Sets the RAM budget (bytes, 0: none) while running. Pages leave memory before it returns; -EBUSY when locked pages
 * and the pager's tables do not fit (the budget is set all the same). mm should look at pager_due afterwards. */
int pager_set_budget(uint64_t bytes);

/* Hard limits of what is resident, in pages (0, SIZE_MAX: none). The maximum needs paging: pager_due is set. False:
 * what is locked does not fit it. */
bool pager_set_limits(size_t least, size_t most);

/* Working set. Ranges of the arena; pages that are not paged are passed over. No lock of the caller is needed.
 * trim: out of memory now, whatever their age (locked ones stay). SIZE_MAX from 0: everything. Returns pages.
 * lock: brought in and kept; 0, -EIO, -ENOMEM when too little of the budget would be left (nothing is locked then).
 * prefetch: brought in as far as the budget allows. priority: 1 (first to go) to 5 (usual). */
size_t pager_trim(uintptr_t base, size_t size);
WINMEM_SHARED int pager_lock(uintptr_t base, size_t size);
/* A budget is set: pages of the arena are the pager's to lock, now or when paging starts. */
WINMEM_SHARED bool pager_covers(void);
WINMEM_SHARED void pager_unlock(uintptr_t base, size_t size);
/* The range was decommitted before paging started: what was asked for it is void. */
void pager_forget(uintptr_t base, size_t size);
WINMEM_SHARED void pager_prefetch(uintptr_t base, size_t size);
void pager_set_priority(uintptr_t base, size_t size, unsigned priority);
/* The priority of pages that come in from now on: by this thread (the place where it is kept; 0: as the process;
 * another thread may write it while this one lives), by the process (1 to 5). */
WINMEM_SHARED _Atomic uint32_t *pager_thread_priority(void);
void pager_set_process_priority(unsigned priority);

/* What one page is; state PAGER_PAGE_NOT_PAGED when paging is off or the page is not the pager's. */
enum pager_page_state {
    PAGER_PAGE_NOT_PAGED,
    PAGER_PAGE_ZERO, /* demand-zero */
    PAGER_PAGE_RESIDENT,
    PAGER_PAGE_TRANSITION,
    PAGER_PAGE_STORE, /* in the compressed store */
    PAGER_PAGE_FILE,  /* in the paging file */
    PAGER_PAGE_BAD,
};
struct pager_page {
    enum pager_page_state state;
    uint64_t entry; /* the PTE as it is */
    uint32_t frame, age, priority;
    uint64_t prototype;               /* the page is a section's: its number among those of all sections, from 1 on */
    bool locked, kept;                /* kept: an encoded copy of the same contents exists */
    uint32_t segment, offset, length; /* in the store or the file */
    uint64_t file_offset;
};
void pager_get_page(uintptr_t address, struct pager_page *page);

struct pager_statistics {
    bool on, thread_mode, by_protection;
    int start_error;                                                  /* why paging could not start, 0 */
    uint64_t budget, resident, modified, tables, zeroed, over_budget; /* pages: their sum is the budget */
    uint64_t resident_peak;
    uint64_t unpaged;                           /* beside resident: what sections have in memory */
    uint64_t beside;                            /* and private memory that is not paged */
    uint64_t commit, commit_peak, commit_limit; /* pages */
    uint64_t faults, demand_zero, soft, hard, write_protect, collided, read_ahead, in_page_errors;
    uint64_t evicted, evicted_clean, evicted_zero, encoded, taken_back, batches, ahead, times_over_budget;
    uint64_t encoded_raw, encoded_zero_bytes, encoded_lz4, bytes_in, bytes_out, store_live, kept_dropped;
    uint64_t compacted, moved, migrated, checksum_errors;
    uint64_t file_size, file_maximum, file_in_use, file_peak, file_reads, file_writes, file_read_bytes,
        file_written_bytes, file_read_errors, file_write_errors;
    int file_last_error;
};
WINMEM_SHARED void pager_get_statistics(struct pager_statistics *statistics);
/* Pages of the store that hold copies of pages which are resident too, and can be given up at once. Looks at every
 * frame; not in the statistics. */
uint64_t pager_standby(void);
WINMEM_SHARED const char *pager_file_name(void);

/* A system call is about to use this memory: no eviction touches it until unpin. -EBUSY: too many pins. Pages are
 * not brought in (touch them after pinning). Only the signal mode needs this. */
WINMEM_SHARED int pager_pin(uintptr_t address, size_t size);
WINMEM_SHARED void pager_unpin(int pin);
/* From now on somebody may write into paged memory while none of the process' threads runs: the kernel does, for who
 * does its I/O asynchronously. */
WINMEM_SHARED void pager_expect_writers(void);

/* Whether system calls need pins: paging runs, and in signal mode. */
WINMEM_SHARED bool pager_needs_pins(void);
/* Whether any of this memory may be paged. */
WINMEM_SHARED bool pager_is_paged(uintptr_t address, size_t size);
/* Brings a pinned page in. `again`: the kernel has refused it although it may be there: it is opened as by a fault.
 * While paging by protection starts, pages are valid before they are open; others lie beside victims under a guard. */
WINMEM_SHARED void pager_touch(uintptr_t address, bool again);

/* Thread mode: faults are resolved by a thread of the pager, so that system calls on absent pages just work. To be
 * called from a constructor, before memory is short, with no lock held. -EPERM: this machine does not allow it. */
WINMEM_SHARED int pager_use_thread(void);

/* fork, called by mm with the address-space lock held across all of it. */
void pager_fork_prepare(void);
void pager_fork_parent(void);
void pager_fork_child_locks(void); /* first, without the lock */
void pager_fork_child(void);
/* In thread mode, last of all: a handler thread of the child's own (without any lock; its descriptor, or -errno), then,
 * with the address-space lock, the change to it. */
int pager_fork_child_thread(void);
void pager_fork_child_thread_mode(int uffd);
void pager_fork_child_ahead(void); /* and without it again, the thread that works ahead */

/* Walks every structure of the pager; NULL or what is wrong. For tests. */
const char *pager_validate(void);

#endif
