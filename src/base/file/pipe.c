/* pipe.c: see pipe.h. */
#define WIN32_NO_STATUS
#include <windef.h>

#include "base/file/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <namedpipeapi.h>
#include <ntstatus.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <winbase.h>

#include "base/path.h"
#include "base/file/pending.h"
#include "host/own.h"
#include "host/runtime.h"

static void lock(struct pipe_end *end)
{
    host_lock_acquire(&end->lock);
}

static void unlock(struct pipe_end *end)
{
    host_lock_release(&end->lock);
}

static NTSTATUS listen_locked(struct pipe_end *end)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", host_runtime_path(), end->socket);
    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return STATUS_NAME_TOO_LONG;
    int type = end->kind.messages ? SOCK_SEQPACKET : SOCK_STREAM;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno_status(errno);
    unlink(address.sun_path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 0) != 0 ||
        chmod(address.sun_path, S_IRUSR | S_IWUSR) != 0) { /* writable: it listens */
        NTSTATUS status = errno_status(errno);
        close(fd);
        return status;
    }
    end->listener = fd;
    end->state = PIPE_IS_LISTENING;
    return STATUS_SUCCESS;
}

/* Whoever knocks from now on is told that all instances are in use: the socket's name stays, nobody listens. */
static void stop_listening_locked(struct pipe_end *end)
{
    if (end->listener < 0)
        return;
    if (end->owner == getpid())             /* a forked child's is the parent's too */
        shutdown(end->listener, SHUT_RDWR); /* who sleeps on it wakes */
    close(end->listener);
    end->listener = -1;
}

static void drop_rest_locked(struct pipe_end *end)
{
    host_own_give(end->rest);
    end->rest = NULL;
    end->rest_size = end->rest_at = 0;
}

/* The last handle is closed: the name goes, and what is pending ends, or it would keep the end open. */
static void end_closed(struct ob_file *file)
{
    struct pipe_end *end = file->pipe;
    char path[PATH_MAX];
    lock(end);
    stop_listening_locked(end);
    unlock(end);
    if (end->server && end->owner == getpid()) {
        snprintf(path, sizeof path, "%s/%s", host_runtime_path(), end->socket);
        unlink(path);
    }
    (void)pending_cancel(file, 0, NULL);
}

static void end_gone(struct ob_file *file)
{
    stop_listening_locked(file->pipe); /* that never had a handle */
    drop_rest_locked(file->pipe);
    host_own_give(file->pipe);
}

NTSTATUS pipe_make(int fd, const struct pipe_kind *kind, bool server, const char *socket, struct ob_file **file)
{
    struct pipe_end *end = host_own_zero(1, sizeof *end);
    struct ob_file *made = end ? ob_file_create(fd, NULL) : NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (!made) {
        host_own_give(end);
        return STATUS_NO_MEMORY;
    }
    host_lock_init(&end->lock, RANK_OBJECT);
    end->kind = *kind;
    end->server = server;
    end->listener = -1;
    end->state = PIPE_IS_CONNECTED;
    end->owner = getpid();
    made->kind = FILE_TYPE_PIPE;
    made->pipe = end;
    made->gone = end_gone;
    made->closed = end_closed;
    if (server) {
        snprintf(end->socket, sizeof end->socket, "%s", socket);
        status = listen_locked(end);
    }
    if (status >= 0)
        *file = made;
    else
        ob_dereference(&made->object);
    return status;
}

/* ---- the connection ---- */

static NTSTATUS accept_locked(struct ob_file *file)
{
    struct pipe_end *end = file->pipe;
    int fd = accept4(end->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? STATUS_PENDING : errno_status(errno);
    stop_listening_locked(end);
    file->fd = fd;
    end->state = PIPE_IS_CONNECTED;
    return STATUS_SUCCESS;
}

/* Whether bytes can go: a client that has knocked is let in. */
static NTSTATUS connected_locked(struct ob_file *file)
{
    struct pipe_end *end = file->pipe;
    if (end->state == PIPE_IS_DISCONNECTED)
        return STATUS_PIPE_DISCONNECTED;
    if (end->state == PIPE_IS_CONNECTED)
        return STATUS_SUCCESS;
    return accept_locked(file) == STATUS_SUCCESS ? STATUS_SUCCESS : (NTSTATUS)STATUS_PIPE_LISTENING;
}

/* The other end has been closed, and nothing of what it wrote is left. */
static bool is_dead(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

NTSTATUS pipe_accept(struct ob_file *file, bool begins)
{
    struct pipe_end *end = file->pipe;
    NTSTATUS status;
    if (!end->server)
        return STATUS_ILLEGAL_FUNCTION;
    lock(end);
    if (end->state == PIPE_IS_CONNECTED)
        status = is_dead(file->fd) ? STATUS_PIPE_CLOSING : (NTSTATUS)STATUS_PIPE_CONNECTED;
    else if (end->state == PIPE_IS_LISTENING)
        status = STATUS_SUCCESS;
    else
        status = begins ? listen_locked(end) : (NTSTATUS)STATUS_PIPE_DISCONNECTED;
    if (status == STATUS_SUCCESS)
        status = accept_locked(file);
    unlock(end);
    return status;
}

NTSTATUS pipe_disconnect(struct ob_file *file)
{
    struct pipe_end *end = file->pipe;
    NTSTATUS status = STATUS_SUCCESS;
    char path[PATH_MAX];
    if (!end->server)
        return STATUS_ILLEGAL_FUNCTION;
    lock(end);
    if (end->state == PIPE_IS_DISCONNECTED)
        status = STATUS_PIPE_DISCONNECTED;
    snprintf(path, sizeof path, "%s/%s", host_runtime_path(), end->socket);
    (void)chmod(path, S_IRUSR); /* not writable: it does not listen */
    stop_listening_locked(end);
    if (file->fd >= 0) {
        shutdown(file->fd, SHUT_RDWR); /* who sleeps on it wakes */
        close(file->fd);
    }
    file->fd = -1;
    drop_rest_locked(end);
    end->state = PIPE_IS_DISCONNECTED;
    unlock(end);
    return status;
}

int pipe_watched(struct ob_file *file, bool accept)
{
    struct pipe_end *end = file->pipe;
    lock(end);
    int fd = accept ? end->listener : file->fd;
    unlock(end);
    return fd;
}

/* ---- bytes ---- */

static NTSTATUS failed_transfer(int error, bool write)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
    case ENOBUFS:
        return STATUS_PENDING;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
        return write ? STATUS_PIPE_CLOSING : (NTSTATUS)STATUS_PIPE_BROKEN;
    default:
        return errno_status(error);
    }
}

static size_t take_rest_locked(struct pipe_end *end, void *buffer, size_t size)
{
    size_t left = end->rest_size - end->rest_at, taken = size < left ? size : left;
    memcpy(buffer, end->rest + end->rest_at, taken);
    end->rest_at += taken;
    if (end->rest_at == end->rest_size)
        drop_rest_locked(end);
    return taken;
}

/* A message longer than the room for it is taken whole: a socket would throw the rest away. */
static NTSTATUS read_long_locked(struct ob_file *file, void *buffer, size_t size, size_t length, size_t *done)
{
    struct pipe_end *end = file->pipe;
    char *rest = host_own_take(length);
    if (!rest)
        return STATUS_NO_MEMORY;
    ssize_t got = recv(file->fd, rest, length, MSG_DONTWAIT);
    if (got <= 0) {
        host_own_give(rest);
        return got ? failed_transfer(errno, false) : (NTSTATUS)STATUS_PIPE_BROKEN;
    }
    end->rest = rest;
    end->rest_size = (size_t)got;
    end->rest_at = 0;
    *done = take_rest_locked(end, buffer, size);
    return end->rest && end->read_messages ? (NTSTATUS)STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS read_locked(struct ob_file *file, void *buffer, size_t size, size_t *done)
{
    struct pipe_end *end = file->pipe;
    char nothing;
    if (end->rest) {
        *done = take_rest_locked(end, buffer, size);
        return end->rest && end->read_messages ? (NTSTATUS)STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    if (end->kind.messages) {
        ssize_t length = recv(file->fd, &nothing, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
        if (length > 0 && (size_t)length > size)
            return read_long_locked(file, buffer, size, (size_t)length, done);
    }
    ssize_t got = recv(file->fd, buffer, size, MSG_DONTWAIT);
    if (got < 0)
        return failed_transfer(errno, false);
    *done = (size_t)got;
    return got || size == 0 ? STATUS_SUCCESS : (NTSTATUS)STATUS_PIPE_BROKEN;
}

NTSTATUS pipe_read(struct ob_file *file, void *buffer, size_t size, size_t *done)
{
    struct pipe_end *end = file->pipe;
    lock(end);
    NTSTATUS status = connected_locked(file);
    if (status == STATUS_SUCCESS)
        status = read_locked(file, buffer, size, done);
    unlock(end);
    return status;
}

NTSTATUS pipe_write(struct ob_file *file, const void *buffer, size_t size, size_t *done)
{
    struct pipe_end *end = file->pipe;
    lock(end);
    NTSTATUS status = connected_locked(file);
    while (status == STATUS_SUCCESS && *done < size) {
        ssize_t sent = send(file->fd, (const char *)buffer + *done, size - *done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            status = failed_transfer(errno, true);
        else
            *done += (size_t)sent;
    }
    unlock(end);
    return status;
}

NTSTATUS pipe_peek(struct ob_file *file, void *buffer, size_t size, DWORD *copied, DWORD *available, DWORD *left)
{
    struct pipe_end *end = file->pipe;
    int waiting = 0;
    ssize_t length = 0; /* of the message, or of what is left of it */
    lock(end);
    NTSTATUS status = connected_locked(file);
    if (status == STATUS_SUCCESS && !end->rest && is_dead(file->fd))
        status = STATUS_PIPE_BROKEN;
    if (status == STATUS_SUCCESS && ioctl(file->fd, FIONREAD, &waiting) != 0)
        status = errno_status(errno);
    size_t rest = end->rest_size - end->rest_at;
    if (status == STATUS_SUCCESS && rest && end->rest) {
        length = (ssize_t)rest;
        memcpy(buffer, end->rest + end->rest_at, size < rest ? size : rest);
    } else if (status == STATUS_SUCCESS) {
        length = recv(file->fd, buffer, size, MSG_PEEK | MSG_DONTWAIT | (end->kind.messages ? MSG_TRUNC : 0));
        length = length < 0 ? 0 : length;
    }
    unlock(end);
    *copied = (DWORD)((size_t)length < size ? (size_t)length : size);
    *available = (DWORD)(rest + (size_t)waiting);
    *left = end->kind.messages ? (DWORD)length - *copied : 0;
    return status;
}
