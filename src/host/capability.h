/* capability.h: what this kernel and this process's rights offer, as data: probed once, never by #ifdef. Used by the
 * pager to choose a mode and by `winmem doctor` to explain it. Probing makes real calls and undoes them. */
#ifndef WINMEM_HOST_CAPABILITY_H
#define WINMEM_HOST_CAPABILITY_H

#include "host/shared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a userfaultfd may be had; later ones can do all that earlier ones can. */
enum host_uffd_access {
    HOST_UFFD_NONE,      /* not at all */
    HOST_UFFD_USER_MODE, /* faults of user code only (UFFD_USER_MODE_ONLY): no privilege needed */
    HOST_UFFD_FULL,      /* faults of the kernel too: a handler thread can serve system calls */
};

struct host_capabilities {
    char kernel[72];            /* release, as uname says */
    enum host_uffd_access uffd; /* by the system call */
    bool uffd_device;           /* /dev/userfaultfd can be opened */
    bool uffd_sysctl;           /* vm.unprivileged_userfaultfd is 1 */
    uint64_t uffd_features;     /* UFFD_FEATURE_* bits of the kernel */
    bool uffd_sigbus, uffd_write_protect, uffd_wp_async, uffd_move, uffd_minor_shmem; /* read out of the bits */
    bool pagemap_scan;                                                                /* ioctl PAGEMAP_SCAN, 6.7 */
    bool procmap_query;                                                               /* ioctl PROCMAP_QUERY, 6.11 */
    bool guard_markers;                                                               /* MADV_GUARD_INSTALL, 6.13 */
    bool protected_write;      /* /proc/self/mem writes behind a protection that forbids it */
    bool process_madvise_self; /* vectored MADV_DONTNEED of the own process, 6.13 */
    bool io_uring;             /* io_uring_setup is allowed */
    bool pfn_visible;          /* /proc/self/pagemap shows frame numbers (CAP_SYS_ADMIN) */
    bool may_lock_all;         /* CAP_IPC_LOCK: mlock is not limited */
    uint64_t lock_limit;       /* RLIMIT_MEMLOCK, bytes */
    uint64_t address_limit;    /* RLIMIT_AS, bytes; UINT64_MAX: none */
    long map_limit;            /* vm.max_map_count */
    int overcommit;            /* vm.overcommit_memory */
    char thp[16];              /* transparent huge pages: always, madvise, never */
    uint64_t huge_page_size;   /* bytes, 0: no hugetlb */
    uint64_t huge_pages_total, huge_pages_free;
    uint64_t ram, swap; /* bytes */
    int processors;
};

/* The capabilities, probed at the first call; later calls only return the pointer. Thread-safe; not signal-safe. */
WINMEM_SHARED const struct host_capabilities *host_capabilities(void);

#endif
