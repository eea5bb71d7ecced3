/* pipeplain.c: anonymous pipes, and pipes that this process was given, behind the calls of named ones. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <namedpipeapi.h>
#include <ntstatus.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winbase.h>

#include "base/path.h"
#include "base/file/pipe.h"

/* A copy of what waits in a pipe goes through another one. */
static ssize_t peek_at(int fd, void *buffer, size_t size)
{
    int twin[2];
    ssize_t got = recv(fd, buffer, size, MSG_PEEK | MSG_DONTWAIT);
    if (got >= 0 || errno != ENOTSOCK)
        return got;
    if (pipe2(twin, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    (void)fcntl(twin[1], F_SETPIPE_SZ, fcntl(fd, F_GETPIPE_SZ));
    got = tee(fd, twin[1], size, SPLICE_F_NONBLOCK);
    if (got > 0)
        got = read(twin[0], buffer, (size_t)got);
    int error = errno;
    close(twin[0]);
    close(twin[1]);
    errno = error;
    return got;
}

NTSTATUS pipe_plain_peek(struct ob_file *file, void *buffer, size_t size, DWORD *copied, DWORD *available)
{
    int waiting = 0;
    struct pollfd end = {file->fd, POLLIN, 0};
    if (file->kind != FILE_TYPE_PIPE || ioctl(file->fd, FIONREAD, &waiting) != 0)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!waiting && poll(&end, 1, 0) == 1 && end.revents & (POLLHUP | POLLERR))
        return STATUS_PIPE_BROKEN;
    ssize_t got = size && waiting ? peek_at(file->fd, buffer, size) : 0;
    if (got < 0 && errno != EAGAIN)
        return errno_status(errno);
    *copied = got < 0 ? 0 : (DWORD)got;
    *available = (DWORD)waiting;
    return STATUS_SUCCESS;
}

/* The mode is the descriptor's: who inherited it has the same. */
DWORD pipe_plain_mode(const struct ob_file *file)
{
    return fcntl(file->fd, F_GETFL) & O_NONBLOCK ? PIPE_NOWAIT : PIPE_WAIT;
}

NTSTATUS pipe_plain_set_mode(struct ob_file *file, DWORD mode)
{
    int flags = fcntl(file->fd, F_GETFL);
    if (mode & ~(DWORD)PIPE_NOWAIT)
        return STATUS_INVALID_PARAMETER;
    flags = mode & PIPE_NOWAIT ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(file->fd, F_SETFL, flags) == 0 ? STATUS_SUCCESS : errno_status(errno);
}

DWORD pipe_plain_size(const struct ob_file *file)
{
    int size = fcntl(file->fd, F_GETPIPE_SZ);
    return size < 0 ? 0 : (DWORD)size;
}
