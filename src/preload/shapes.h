/* shapes.h: which memory a system call uses, for those where one page an argument is not enough or where a failure
 * half-way would lose something. Every other argument that points into paged memory counts as one small object. */
#ifndef WINMEM_PRELOAD_SHAPES_H
#define WINMEM_PRELOAD_SHAPES_H

#include <stdint.h>
#include <sys/syscall.h>

enum shape_kind {
    SHAPE_END,
    SHAPE_BYTES,    /* args[count] bytes */
    SHAPE_ARRAY,    /* args[count] elements of `unit` bytes */
    SHAPE_FIXED,    /* `unit` bytes */
    SHAPE_LENGTH,   /* as many bytes as the socklen_t behind args[count] says */
    SHAPE_VECTOR,   /* args[count] struct iovec, and what they point to */
    SHAPE_MESSAGE,  /* struct msghdr */
    SHAPE_MESSAGES, /* args[count] struct mmsghdr */
    SHAPE_STRINGS,  /* vector of strings that ends with NULL */
    SHAPE_TEXT,     /* a string */
};
#define SHAPE_PARTS 4
struct shape {
    uint16_t number;
    struct {
        uint8_t kind, argument, count;
        uint16_t unit;
    } parts[SHAPE_PARTS];
};

#define BYTES(a, n)                                                                                                    \
    {                                                                                                                  \
        SHAPE_BYTES, a, n, 0                                                                                           \
    }
#define ARRAY(a, n, unit)                                                                                              \
    {                                                                                                                  \
        SHAPE_ARRAY, a, n, unit                                                                                        \
    }
#define FIXED(a, unit)                                                                                                 \
    {                                                                                                                  \
        SHAPE_FIXED, a, 0, unit                                                                                        \
    }
#define LENGTH(a, n)                                                                                                   \
    {                                                                                                                  \
        SHAPE_LENGTH, a, n, 0                                                                                          \
    }
#define VECTOR(a, n)                                                                                                   \
    {                                                                                                                  \
        SHAPE_VECTOR, a, n, 0                                                                                          \
    }
#define MESSAGE(a)                                                                                                     \
    {                                                                                                                  \
        SHAPE_MESSAGE, a, 0, 0                                                                                         \
    }
#define MESSAGES(a, n)                                                                                                 \
    {                                                                                                                  \
        SHAPE_MESSAGES, a, n, 0                                                                                        \
    }
#define STRINGS(a)                                                                                                     \
    {                                                                                                                  \
        SHAPE_STRINGS, a, 0, 0                                                                                         \
    }
#define TEXT(a)                                                                                                        \
    {                                                                                                                  \
        SHAPE_TEXT, a, 0, 0                                                                                            \
    }

static const struct shape shapes[] = {
    {SYS_read, {BYTES(1, 2)}},
    {SYS_write, {BYTES(1, 2)}},
    {SYS_pread64, {BYTES(1, 2)}},
    {SYS_pwrite64, {BYTES(1, 2)}},
    {SYS_readv, {VECTOR(1, 2)}},
    {SYS_writev, {VECTOR(1, 2)}},
    {SYS_preadv, {VECTOR(1, 2)}},
    {SYS_pwritev, {VECTOR(1, 2)}},
    {SYS_preadv2, {VECTOR(1, 2)}},
    {SYS_pwritev2, {VECTOR(1, 2)}},
    {SYS_vmsplice, {VECTOR(1, 2)}},
    {SYS_recvfrom, {BYTES(1, 2), LENGTH(4, 5), FIXED(5, 4)}},
    {SYS_sendto, {BYTES(1, 2), BYTES(4, 5)}},
    {SYS_recvmsg, {MESSAGE(1)}},
    {SYS_sendmsg, {MESSAGE(1)}},
    {SYS_recvmmsg, {MESSAGES(1, 2), FIXED(4, 16)}},
    {SYS_sendmmsg, {MESSAGES(1, 2)}},
    {SYS_bind, {BYTES(1, 2)}},
    {SYS_connect, {BYTES(1, 2)}},
    {SYS_rt_sigtimedwait, {FIXED(1, 128), FIXED(2, 16)}},
    {SYS_select, {FIXED(1, 128), FIXED(2, 128), FIXED(3, 128), FIXED(4, 16)}},
    {SYS_pselect6, {FIXED(1, 128), FIXED(2, 128), FIXED(3, 128), FIXED(4, 16)}},
    {SYS_sched_getaffinity, {BYTES(2, 1)}},
    {SYS_uname, {FIXED(0, 390)}},
    {SYS_sysinfo, {FIXED(0, 112)}},
    {SYS_getrusage, {FIXED(1, 144)}},
    {SYS_fstat, {FIXED(1, 144)}},
    {SYS_statfs, {TEXT(0), FIXED(1, 120)}},
    {SYS_fstatfs, {FIXED(1, 120)}},
    {SYS_openat, {TEXT(1)}},
    {SYS_unlink, {TEXT(0)}},
    {SYS_rename, {TEXT(0), TEXT(1)}},
    {SYS_accept, {LENGTH(1, 2), FIXED(2, 4)}},
    {SYS_accept4, {LENGTH(1, 2), FIXED(2, 4)}},
    {SYS_getpeername, {LENGTH(1, 2), FIXED(2, 4)}},
    {SYS_getsockname, {LENGTH(1, 2), FIXED(2, 4)}},
    {SYS_getsockopt, {LENGTH(3, 4), FIXED(4, 4)}},
    {SYS_setsockopt, {BYTES(3, 4)}},
    {SYS_getdents64, {BYTES(1, 2)}},
    {SYS_getrandom, {BYTES(0, 1)}},
    {SYS_readlink, {TEXT(0), BYTES(1, 2)}},
    {SYS_readlinkat, {TEXT(1), BYTES(2, 3)}},
    {SYS_getcwd, {BYTES(0, 1)}},
    {SYS_poll, {ARRAY(0, 1, 8)}},
    {SYS_ppoll, {ARRAY(0, 1, 8), FIXED(2, 16)}},
    {SYS_epoll_wait, {ARRAY(1, 2, 12)}},
    {SYS_epoll_pwait, {ARRAY(1, 2, 12)}},
    {SYS_stat, {TEXT(0), FIXED(1, 144)}},
    {SYS_lstat, {TEXT(0), FIXED(1, 144)}},
    {SYS_newfstatat, {TEXT(1), FIXED(2, 144)}},
    {SYS_statx, {TEXT(1), FIXED(4, 256)}},
    {SYS_wait4, {FIXED(1, 4), FIXED(3, 144)}},
    {SYS_waitid, {FIXED(2, 128), FIXED(4, 144)}},
    {SYS_io_getevents, {ARRAY(3, 2, 32), FIXED(4, 16)}},
    {SYS_msgrcv, {BYTES(1, 2)}},
    {SYS_msgsnd, {BYTES(1, 2)}},
    {SYS_mq_timedreceive, {BYTES(1, 2), FIXED(3, 4)}},
    {SYS_ioctl, {FIXED(2, 256)}},
    {SYS_execve, {TEXT(0), STRINGS(1), STRINGS(2)}},
    {SYS_execveat, {TEXT(1), STRINGS(2), STRINGS(3)}},
    {SYS_setgroups, {ARRAY(1, 0, 4)}},
    {SYS_getgroups, {ARRAY(1, 0, 4)}},
    {SYS_process_vm_readv, {VECTOR(1, 2), VECTOR(3, 4)}}, /* the other side's: it may be this process */
    {SYS_process_vm_writev, {VECTOR(1, 2), VECTOR(3, 4)}},
    {SYS_setxattr, {TEXT(0), TEXT(1), BYTES(2, 3)}},
    {SYS_getxattr, {TEXT(0), TEXT(1), BYTES(2, 3)}},
    {SYS_fgetxattr, {TEXT(1), BYTES(2, 3)}},
    {SYS_listxattr, {TEXT(0), BYTES(1, 2)}},
};

/* Calls whose addresses are not read: they are about mappings, or have nothing to do with memory. */
static const uint16_t plain_calls[] = {
    SYS_mmap,  SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk,  SYS_msync,       SYS_mincore,
    SYS_close, SYS_lseek,  SYS_exit,     SYS_getpid, SYS_gettid,  SYS_kill, SYS_sched_yield, SYS_exit_group,
    SYS_mbind, SYS_tgkill, SYS_munlock,  SYS_mlock,  SYS_mlock2,  SYS_dup,  SYS_dup2,        SYS_userfaultfd,
};

#endif
