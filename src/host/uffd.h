/* uffd.h: userfaultfd and its companions: page in, write-protect, drop. The contract of the pager with Linux.
 * Every function is async-signal-safe, does not allocate, and returns 0 (or a count) or -errno. */
#ifndef WINMEM_HOST_UFFD_H
#define WINMEM_HOST_UFFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum host_uffd_mode {
    HOST_UFFD_SIGNAL, /* a fault is SIGBUS in the faulting thread; the kernel's own accesses get EFAULT */
    HOST_UFFD_THREAD, /* faults wait until a thread that reads the descriptor resolves them */
};

/* A new descriptor for this process with missing and write-protect faults. -ENOSYS, -EPERM, -EOPNOTSUPP: cannot be. */
int host_uffd_open(enum host_uffd_mode mode);
/* Whether descriptors that were opened can be used on shared memory too (Linux 5.19). */
bool host_uffd_shares(void);
int host_uffd_register(int uffd, void *base, size_t size);
int host_uffd_unregister(int uffd, void *base, size_t size);
/* Puts copies of `source` at absent pages. Returns bytes copied (>0), or -EEXIST when the first page is present,
 * -EAGAIN when the address space changes just now, -ENOENT when the range is not registered. */
int64_t host_uffd_copy(int uffd, void *base, const void *source, size_t size);
/* Makes absent pages zero. Returns as host_uffd_copy. */
int64_t host_uffd_zero(int uffd, void *base, size_t size);
/* Write-protects the present pages of a range, or lifts that. */
int host_uffd_protect(int uffd, void *base, size_t size, bool on);
/* Marks absent pages so that every access to them is a SIGBUS, in the kernel too (EFAULT). -EOPNOTSUPP: old kernel. */
int host_uffd_poison(int uffd, void *base, size_t size);
int host_uffd_wake(int uffd, void *base, size_t size);
/* Thread mode: waits for the next fault, of `thread` (as gettid tells it). 0, or -EINTR, -EBADF, ... */
int host_uffd_next(int uffd, uintptr_t *address, bool *write, int *thread);

/* Drops the pages of the ranges (their contents are gone), as few system calls as possible. Bytes dropped, in the
 * order of the array, or -errno when none was. */
int64_t host_drop_pages(const struct iovec *ranges, size_t count);
/* One byte a page: bit 0 tells whether the page is in memory now. */
int host_resident(void *base, size_t size, unsigned char *pages);
int host_no_huge_pages(void *base, size_t size);
/* Reads memory of this process whatever its protection. */
int host_read_protected(void *into, const void *from, size_t size);
/* Writes private memory of this process whatever its protection: bytes, or -errno. */
int64_t host_write_protected(void *to, const void *from, size_t size);
/* Closes what belonged to the parent's address space; after fork, in the child. */
void host_uffd_forget(void);

/* Blocks every signal of the calling thread but SIGSEGV and SIGBUS (our own faults); `saved` (8 bytes) goes to
 * host_signals_restore. */
void host_signals_block(uint64_t *saved);
void host_signals_restore(const uint64_t *saved);
/* The same for the life of a thread of ours, but for the signal by which the C library changes the user of all threads:
 * it waits until each has answered. */
void host_signals_block_for_life(void);
void host_yield(void);

#endif
