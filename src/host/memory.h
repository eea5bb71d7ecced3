/* memory.h: pages of this process as the kernel gives them: the arena, commit, release, protection, advice.
 * The written contract: addresses and sizes are multiples of the page unless said otherwise; every function returns 0
 * or -errno, and after an error the range is as it was; nothing here allocates or touches errno. Signal-safe. */
#ifndef WINMEM_HOST_MEMORY_H
#define WINMEM_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_PAGE ((size_t)4096)

/* What a range may be used for. */
enum host_access { HOST_NONE = 0, HOST_READ = 1, HOST_WRITE = 2, HOST_EXECUTE = 4 };

/* The range from which addresses are chosen. Open: unmapped, in a part of the address space where the kernel never
 * places anything by itself, so that a reservation costs no call. Held: one inaccessible mapping, where that part
 * cannot be had (thread sanitizer, valgrind): the same functions, with a mapping to keep in place. */
struct host_arena {
    uintptr_t start;
    uintptr_t end;
    bool held;
};
int host_arena_start(struct host_arena *arena);

/* Zeroed read-write pages for the library itself, where the kernel likes. */
int host_pages_map(void **pages, size_t size);
/* The same, inaccessible until host_protect makes them usable. */
int host_pages_reserve(void **pages, size_t size);
int host_pages_unmap(void *pages, size_t size);

/* Makes fresh zero pages usable. `held`: the range is an inaccessible mapping now; otherwise it must be unmapped, and
 * -EEXIST says that somebody else has mapped something there. */
int host_commit(void *base, size_t size, unsigned access, bool held);
/* Takes the pages away: an access faults afterwards. `held`: leaves an inaccessible mapping, otherwise nothing. */
int host_decommit(void *base, size_t size, bool held);
/* Keeps a range outside the arena from anybody else, inaccessible. -EEXIST when any of it is mapped. */
int host_hold(void *base, size_t size);
int host_protect(void *base, size_t size, unsigned access);
/* Drops the contents (they read as zero), or allows the kernel to drop them when it needs memory. */
int host_discard(void *base, size_t size);
int host_discard_lazily(void *base, size_t size);
/* Advice; the caller may ignore failures. */
int host_advise_huge(void *base, size_t size);
int host_populate(void *base, size_t size, bool write);
int host_will_need(void *base, size_t size);
int host_lock_pages(void *base, size_t size);
/* The same without a write to private pages that are not there yet, by which the kernel would make them. */
int host_lock_unwritten(void *base, size_t size);
int host_unlock_pages(void *base, size_t size);
/* Copies between two ranges of this process and answers how many bytes: up to the first that nothing brings in. */
size_t host_copy(void *to, const void *from, size_t size);
/* Writes where the protection forbids it, as a debugger does: a private mapping gets its own copy of the page. */
int host_force_write(void *to, const void *from, size_t size);

#endif
