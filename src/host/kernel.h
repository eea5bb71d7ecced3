/* kernel.h: system calls by number and the kernel ABI that older <linux> headers lack. For src/host only.
 * The calls go straight to the kernel: libc's mmap may be interposed by us, and errno must survive in signal handlers.
 */
#ifndef WINMEM_HOST_KERNEL_H
#define WINMEM_HOST_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Every argument is passed as a word; the answer is the kernel's: >= 0, or -errno. */
static inline long host_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long host_syscall3(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static inline bool host_failed(long result)
{
    return (unsigned long)result > -4096UL;
}

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MADV_FREE
#define MADV_FREE 8
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

/* PROCMAP_QUERY, Linux 6.11: one mapping of /proc/PID/maps by address. */
struct host_procmap_query {
    uint64_t size;
    uint64_t query_flags;
    uint64_t query_addr;
    uint64_t vma_start;
    uint64_t vma_end;
    uint64_t vma_flags;
    uint64_t vma_page_size;
    uint64_t vma_offset;
    uint64_t inode;
    uint32_t dev_major;
    uint32_t dev_minor;
    uint32_t vma_name_size;
    uint32_t build_id_size;
    uint64_t vma_name_addr;
    uint64_t build_id_addr;
};
#define HOST_PROCMAP_QUERY 0xc0686611UL /* _IOWR('f', 17, struct procmap_query) */
#define HOST_PROCMAP_READABLE 0x01
#define HOST_PROCMAP_WRITABLE 0x02
#define HOST_PROCMAP_EXECUTABLE 0x04
#define HOST_PROCMAP_SHARED 0x08
#define HOST_PROCMAP_COVERING_OR_NEXT 0x10

/* PAGEMAP_SCAN, Linux 6.7: pages of a range by category. */
struct host_pm_scan_arg {
    uint64_t size;
    uint64_t flags;
    uint64_t start;
    uint64_t end;
    uint64_t walk_end;
    uint64_t vec;
    uint64_t vec_len;
    uint64_t max_pages;
    uint64_t category_inverted;
    uint64_t category_mask;
    uint64_t category_anyof_mask;
    uint64_t return_mask;
};
struct host_page_region {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};
#define HOST_PAGEMAP_SCAN 0xc0606610UL /* _IOWR('f', 16, struct pm_scan_arg) */
#define HOST_PAGE_IS_WPALLOWED (1u << 0)
#define HOST_PAGE_IS_WRITTEN (1u << 1)
#define HOST_PAGE_IS_FILE (1u << 2)
#define HOST_PAGE_IS_PRESENT (1u << 3)
#define HOST_PAGE_IS_SWAPPED (1u << 4)
#define HOST_PAGE_IS_PFNZERO (1u << 5)
#define HOST_PAGE_IS_HUGE (1u << 6)
#define HOST_PM_SCAN_WP_MATCHING (1u << 0)
#define HOST_PM_SCAN_CHECK_WPASYNC (1u << 1)

#endif
