/* share.c: see share.h. Mark i is the byte HOST_SHARE_BEGIN + i; needed bytes are a range as long as what is needed. */
#include "host/share.h"

#include "host/kernel.h"

#include <fcntl.h>

#define MARKS 6
#define NEEDS (HOST_SHARE_BEGIN + 4096)
#define LONGEST ((uint64_t)1 << 61)

static bool set(int fd, short kind, uint64_t start, uint64_t length)
{
    struct flock lock = {.l_type = kind, .l_whence = SEEK_SET, .l_start = (off_t)start, .l_len = (off_t)length};
    return host_syscall3(SYS_fcntl, fd, F_OFD_SETLK, (long)&lock) == 0;
}

static bool others_have(int fd, uint64_t start, uint64_t length)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)start, .l_len = (off_t)length};
    return host_syscall3(SYS_fcntl, fd, F_OFD_GETLK, (long)&lock) == 0 && lock.l_type != F_UNLCK;
}

/* The next stretch of adjoining marks; false: there is none. */
static bool next_run(unsigned *marks, uint64_t *start, uint64_t *length)
{
    if (*marks == 0)
        return false;
    unsigned first = (unsigned)__builtin_ctz(*marks), count = (unsigned)__builtin_ctz(~(*marks >> first));
    *start = HOST_SHARE_BEGIN + first;
    *length = count;
    *marks &= ~(((1u << count) - 1) << first);
    return true;
}

bool host_share_met(int fd, unsigned against)
{
    uint64_t start, length;
    while (next_run(&against, &start, &length))
        if (others_have(fd, start, length))
            return true;
    return false;
}

/* First marked, then looked: of two that come at once and do not go together, one at least sees the other. */
bool host_share_take(int fd, unsigned marks, unsigned against)
{
    uint64_t start, length;
    for (unsigned left = marks; next_run(&left, &start, &length);)
        (void)set(fd, F_RDLCK, start, length);
    if (!host_share_met(fd, against))
        return true;
    host_share_leave(fd);
    return false;
}

void host_share_leave(int fd)
{
    (void)set(fd, F_UNLCK, HOST_SHARE_BEGIN, MARKS);
}

void host_share_need(int fd, uint64_t size)
{
    if (size)
        (void)set(fd, F_RDLCK, NEEDS, size < LONGEST ? size : LONGEST);
}

void host_share_need_only(int fd, uint64_t size)
{
    if (size < LONGEST)
        (void)set(fd, F_UNLCK, NEEDS + size, 0);
}

bool host_share_needed(int fd, uint64_t size)
{
    return size < LONGEST && others_have(fd, NEEDS + size, LONGEST - size);
}
