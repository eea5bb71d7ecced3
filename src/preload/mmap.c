/* mmap.c: anonymous private mappings of any Linux program, served by mm, so that the pager has them too. Interposes
 * mmap, munmap, mprotect, mremap and madvise; what is not ours goes to the kernel by the raw call. Preloaded only by
 * `winmem run`; without a budget everything goes to the kernel. Calls mm; must not allocate. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/options.h"
#include "mm/discard.h"
#include "mm/mm.h"
#include "pager/pager.h"
#include "preload/kernel.h"

#define EXPORT __attribute__((visibility("default")))
#define MAPPED_SEARCH 1024u
#define POPULATE_READ 22 /* MADV_POPULATE_READ, MADV_POPULATE_WRITE */
#define POPULATE_WRITE 23
#define REMAP_KEEP 4 /* MREMAP_DONTUNMAP */
/* Mappings with these have needs of their own; the kernel serves them. */
#define NOT_OURS (MAP_GROWSDOWN | MAP_HUGETLB | MAP_32BIT | MAP_LOCKED | MAP_STACK | MAP_SYNC)

static int answer(int error)
{
    if (error)
        errno = error;
    return error ? -1 : 0;
}

static void *kernel_map(void *address, size_t size, int access, int flags, int fd, off_t offset)
{
    return (void *)kernel_call(SYS_mmap, (long)address, (long)size, access, flags, fd, offset);
}

/* Whether a budget is set: asked once, and before that, in the loader's first calls, not at all. */
static bool serving(void)
{
    static signed char known;
    if (__builtin_expect(known == 0, 0))
        known = environ && host_option_number(OPTION_RAM) ? 1 : environ ? -1 : 0;
    return known > 0;
}

static size_t whole_pages(size_t size)
{
    return (size + MM_PAGE - 1) & ~(MM_PAGE - 1);
}

static ULONG protection(int access)
{
    if (access & PROT_EXEC)
        return access & PROT_WRITE ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
    return access & PROT_WRITE ? PAGE_READWRITE : access & PROT_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

/* One maximal piece of a range within one region and state. Returns false when the range leaves ours. */
static bool piece_at(char *at, const char *end, MEMORY_BASIC_INFORMATION *piece)
{
    if (mm_query(at, piece) < 0)
        return false;
    if ((char *)piece->BaseAddress + piece->RegionSize > end)
        piece->RegionSize = (size_t)(end - (char *)piece->BaseAddress);
    return true;
}

/* What a program put over a reservation of ours and we do not serve (a file, mremap's result) is the kernel's: in the
 * map it stays reserved, and calls on it go to the kernel. msync tells whether something is mapped everywhere. */
static bool foreign(const MEMORY_BASIC_INFORMATION *piece)
{
    return piece->State == MEM_RESERVE && syscall(SYS_msync, piece->BaseAddress, piece->RegionSize, MS_ASYNC) == 0;
}

static bool partly_foreign(const MEMORY_BASIC_INFORMATION *piece)
{
    return piece->State == MEM_RESERVE && syscall(SYS_msync, piece->BaseAddress, MM_PAGE, MS_ASYNC) == 0;
}

/* Cuts a reserved piece where what is mapped there begins or ends. */
static void cut_piece(MEMORY_BASIC_INFORMATION *piece)
{
    if (piece->State != MEM_RESERVE || foreign(piece))
        return;
    bool first = partly_foreign(piece);
    unsigned char *base = piece->BaseAddress;
    size_t pages = piece->RegionSize / MM_PAGE;
    if (!first && pages > MAPPED_SEARCH)
        return; /* a large reservation with nothing at its start: taken as empty */
    for (size_t i = 1; i < pages; i++) {
        if ((syscall(SYS_msync, base + i * MM_PAGE, MM_PAGE, MS_ASYNC) == 0) != first) {
            piece->RegionSize = i * MM_PAGE;
            return;
        }
    }
}

/* A PROT_NONE mapping is a reservation: it is charged when it becomes accessible. */
static int set_access(char *base, size_t size, int access)
{
    const char *end = base + size;
    MEMORY_BASIC_INFORMATION piece;
    for (char *at = base; at < end; at = (char *)piece.BaseAddress + piece.RegionSize) {
        void *start = at;
        ULONG old;
        NTSTATUS status = STATUS_SUCCESS;
        if (!piece_at(at, end, &piece) || piece.State == MEM_FREE)
            return ENOMEM;
        cut_piece(&piece);
        size_t bytes = piece.RegionSize;
        if (piece.State == MEM_COMMIT)
            status = mm_protect(&start, &bytes, protection(access), &old);
        else if (foreign(&piece)) {
            if (kernel_call3(SYS_mprotect, (long)start, (long)bytes, access) != 0)
                return errno;
        } else if (access != PROT_NONE)
            status = mm_allocate(&start, &bytes, MEM_COMMIT, protection(access), NULL);
        if (!NT_SUCCESS(status))
            return ENOMEM;
    }
    return 0;
}

static int unmap(char *base, size_t size)
{
    const char *end = base + size;
    MEMORY_BASIC_INFORMATION piece;
    for (char *at = base; at < end; at = (char *)piece.BaseAddress + piece.RegionSize) {
        void *start = at;
        if (!piece_at(at, end, &piece))
            return EINVAL;
        size_t bytes = piece.RegionSize;
        if (piece.State == MEM_FREE)
            continue;
        if (piece.State == MEM_RESERVE)
            (void)kernel_call3(SYS_munmap, (long)start, (long)bytes, 0); /* what may stand there that is not ours */
        if (!NT_SUCCESS(mm_free(&start, &bytes, MEM_RELEASE)))
            return ENOMEM;
    }
    return 0;
}

/* MAP_FIXED over memory of ours: what is there goes, and fresh pages of the same reservation come. */
static int map_over(char *base, size_t size, int access)
{
    const char *end = base + size;
    MEMORY_BASIC_INFORMATION piece;
    for (char *at = base; at < end; at = (char *)piece.BaseAddress + piece.RegionSize) {
        void *start = at;
        NTSTATUS status = STATUS_SUCCESS;
        if (!piece_at(at, end, &piece))
            return ENOMEM;
        size_t bytes = piece.RegionSize;
        if (piece.State == MEM_FREE)
            status = mm_reserve_pages(start, bytes);
        else if (piece.State == MEM_COMMIT)
            status = mm_free(&start, &bytes, MEM_DECOMMIT);
        else
            (void)kernel_call3(SYS_munmap, (long)start, (long)bytes, 0);
        if (!NT_SUCCESS(status))
            return ENOMEM;
    }
    return access == PROT_NONE ? 0 : set_access(base, size, access);
}

static void *refused(int error)
{
    errno = error;
    return MAP_FAILED;
}

static bool anything_there(char *base, size_t size)
{
    const char *end = base + size;
    MEMORY_BASIC_INFORMATION piece;
    for (char *at = base; at < end; at = (char *)piece.BaseAddress + piece.RegionSize)
        if (!piece_at(at, end, &piece) || piece.State != MEM_FREE)
            return true;
    return false;
}

/* MAP_FIXED_NOREPLACE, where nothing is. */
static int map_between(char *base, size_t size, int access)
{
    void *start = base;
    size_t bytes = size;
    NTSTATUS status = mm_reserve_pages(base, size);
    if (!NT_SUCCESS(status))
        return status == STATUS_CONFLICTING_ADDRESSES ? EEXIST : ENOMEM;
    int error = access == PROT_NONE ? 0 : set_access(base, size, access);
    if (error)
        (void)mm_free(&start, &bytes, MEM_RELEASE);
    return error;
}

static void *map_ours(void *address, size_t size, int access, int flags)
{
    size_t bytes = whole_pages(size);
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        int error =
            flags & MAP_FIXED_NOREPLACE ? map_between(address, bytes, access) : map_over(address, bytes, access);
        return error ? refused(error) : address;
    }
    void *base = NULL;
    ULONG type = MEM_RESERVE | (access == PROT_NONE ? 0 : MEM_COMMIT);
    if (!NT_SUCCESS(
            mm_allocate(&base, &bytes, type, protection(access == PROT_NONE ? PROT_READ | PROT_WRITE : access), NULL)))
        return refused(ENOMEM);
    return base;
}

EXPORT void *mmap(void *address, size_t size, int access, int flags, int fd, off_t offset)
{
    bool anonymous = (flags & MAP_TYPE) == MAP_PRIVATE && (flags & MAP_ANONYMOUS) && !(flags & NOT_OURS);
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (size && serving()) {
        bool ours = fixed && mm_is_ours(address, size);
        if (ours && (uintptr_t)address % MM_PAGE)
            return refused(EINVAL);
        if (ours && (flags & MAP_FIXED_NOREPLACE) && anything_there(address, whole_pages(size)))
            return refused(EEXIST); /* what is reserved the kernel does not know */
        if (ours && !anonymous && (flags & MAP_FIXED)) {
            int error = map_over(address, whole_pages(size), PROT_NONE);
            return error ? refused(error) : kernel_map(address, size, access, flags, fd, offset);
        }
        if (anonymous && (!fixed || ours))
            return map_ours(address, size, access, flags);
    }
    return kernel_map(address, size, access, flags, fd, offset);
}

EXPORT void *mmap64(void *address, size_t size, int access, int flags, int fd, off_t offset)
    __attribute__((alias("mmap")));

EXPORT int munmap(void *address, size_t size)
{
    if (!mm_is_ours(address, size))
        return (int)kernel_call3(SYS_munmap, (long)address, (long)size, 0);
    if ((uintptr_t)address % MM_PAGE || !size)
        return answer(EINVAL);
    return answer(unmap(address, whole_pages(size)));
}

EXPORT int mprotect(void *address, size_t size, int access)
{
    if (!mm_is_ours(address, size))
        return (int)kernel_call3(SYS_mprotect, (long)address, (long)size, access);
    if ((uintptr_t)address % MM_PAGE)
        return answer(EINVAL);
    return answer(set_access(address, whole_pages(size), access));
}

/* Grows by moving: the pages are copied, since their frames and stored copies belong to their addresses. */
static void *remap_ours(char *old, size_t old_size, size_t new_size, int flags, void *wanted)
{
    old_size = whole_pages(old_size);
    new_size = whole_pages(new_size);
    if (!old_size || !new_size || (uintptr_t)old % MM_PAGE || (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | REMAP_KEEP)) ||
        ((flags & (MREMAP_FIXED | REMAP_KEEP)) && !(flags & MREMAP_MAYMOVE)))
        return refused(EINVAL);
    bool stay = !(flags & (MREMAP_FIXED | REMAP_KEEP));
    if (stay && new_size <= old_size) {
        int error = new_size < old_size ? unmap(old + new_size, old_size - new_size) : 0;
        return error ? refused(error) : old;
    }
    MEMORY_BASIC_INFORMATION piece;
    if (!(flags & MREMAP_MAYMOVE) || !piece_at(old, old + old_size, &piece) || piece.State != MEM_COMMIT ||
        piece.RegionSize < old_size)
        return refused(ENOMEM);
    int access = PROT_READ | PROT_WRITE;
    char *moved = !(flags & MREMAP_FIXED) || mm_is_ours(wanted, new_size)
                      ? map_ours(wanted, new_size, access, flags & MREMAP_FIXED ? MAP_FIXED : 0)
                      : kernel_map(wanted, new_size, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (moved == MAP_FAILED)
        return MAP_FAILED;
    ULONG protect = piece.Protect, before;
    void *start = old;
    size_t bytes = old_size;
    if (protect == PAGE_NOACCESS || protect == PAGE_EXECUTE)
        (void)mm_protect(&start, &bytes, PAGE_READONLY, &before);
    memcpy(moved, old, old_size < new_size ? old_size : new_size);
    if (protect != PAGE_READWRITE && !mm_is_ours(moved, new_size))
        (void)kernel_call3(SYS_mprotect, (long)moved, (long)new_size, protect == PAGE_NOACCESS ? PROT_NONE : PROT_READ);
    start = moved;
    bytes = new_size;
    if (protect != PAGE_READWRITE && mm_is_ours(moved, new_size))
        (void)mm_protect(&start, &bytes, protect, &before);
    if (flags & REMAP_KEEP)
        (void)mm_discard(old, old_size);
    else
        (void)unmap(old, old_size);
    return moved;
}

/* A place that the kernel takes: whole pages that are none of the old ones. Seen before anything there goes. */
static bool is_place(const char *old, size_t old_size, const char *wanted, size_t new_size)
{
    return (uintptr_t)wanted % MM_PAGE == 0 && new_size &&
           (wanted >= old + whole_pages(old_size) || old >= wanted + whole_pages(new_size));
}

EXPORT void *mremap(void *old, size_t old_size, size_t new_size, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    void *wanted = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    MEMORY_BASIC_INFORMATION piece;
    if ((flags & MREMAP_FIXED) && !is_place(old, old_size, wanted, new_size))
        return refused(EINVAL);
    if (mm_is_ours(old, old_size ? old_size : 1) && piece_at(old, (char *)old + whole_pages(old_size), &piece) &&
        !partly_foreign(&piece))
        return remap_ours(old, old_size, new_size, flags, wanted);
    if (wanted && mm_is_ours(wanted, new_size)) {
        int error = map_over(wanted, whole_pages(new_size), PROT_NONE);
        if (error)
            return refused(error);
    }
    return (void *)kernel_call(SYS_mremap, (long)old, (long)old_size, (long)new_size, flags, (long)wanted, 0);
}

/* The kernel's lock would keep pages in memory behind the pager's back, and cannot bring in what is not there. */
static int lock_ours(const void *address, size_t size, bool on)
{
    uintptr_t base = (uintptr_t)address & ~(MM_PAGE - 1);
    size_t bytes = whole_pages((uintptr_t)address - base + size);
    if (!on)
        pager_unlock(base, bytes);
    return on ? answer(-pager_lock(base, bytes)) : 0;
}

EXPORT int mlock(const void *address, size_t size)
{
    bool ours = size && mm_is_ours(address, size) && pager_covers();
    return ours ? lock_ours(address, size, true) : (int)kernel_call3(SYS_mlock, (long)address, (long)size, 0);
}

EXPORT int mlock2(const void *address, size_t size, unsigned flags)
{
    bool ours = size && mm_is_ours(address, size) && pager_covers();
    return ours ? lock_ours(address, size, true)
                : (int)kernel_call3(SYS_mlock2, (long)address, (long)size, (long)flags);
}

EXPORT int munlock(const void *address, size_t size)
{
    bool ours = size && mm_is_ours(address, size) && pager_covers();
    return ours ? lock_ours(address, size, false) : (int)kernel_call3(SYS_munlock, (long)address, (long)size, 0);
}

/* All memory, what comes later too: more than a budget can promise. */
EXPORT int mlockall(int flags)
{
    return serving() ? answer(ENOMEM) : (int)kernel_call3(SYS_mlockall, flags, 0, 0);
}

static int discard(char *base, size_t size)
{
    const char *end = base + size;
    MEMORY_BASIC_INFORMATION piece;
    for (char *at = base; at < end; at = (char *)piece.BaseAddress + piece.RegionSize) {
        if (!piece_at(at, end, &piece) || piece.State == MEM_FREE)
            return ENOMEM;
        if (piece.State == MEM_COMMIT) {
            if (!NT_SUCCESS(mm_discard(at, piece.RegionSize)))
                return ENOMEM;
            continue;
        }
        cut_piece(&piece);
        if (foreign(&piece) && kernel_call3(SYS_madvise, (long)at, (long)piece.RegionSize, MADV_DONTNEED) != 0)
            return errno;
    }
    return 0;
}

/* Advice that only hints is taken and not followed; advice that changes what is read is obeyed. */
static int advise_ours(void *address, size_t size, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
        return discard(address, size);
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_DONTFORK: /* a child has it all the same */
    case MADV_DOFORK:
        return 0;
    case POPULATE_READ:
    case POPULATE_WRITE:
        pager_prefetch((uintptr_t)address, size);
        return 0;
    default:
        return EINVAL;
    }
}

EXPORT int madvise(void *address, size_t size, int advice)
{
    if (!mm_is_ours(address, size))
        return (int)kernel_call3(SYS_madvise, (long)address, (long)size, advice);
    if ((uintptr_t)address % MM_PAGE)
        return answer(EINVAL);
    return answer(advise_ours(address, whole_pages(size), advice));
}

EXPORT int posix_madvise(void *address, size_t size, int advice)
{
    if (advice == POSIX_MADV_DONTNEED) /* in POSIX this never changes contents */
        return 0;
    return madvise(address, size, advice) == 0 ? 0 : errno;
}
