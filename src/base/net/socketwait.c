/* socketwait.c: sockets that are waited for: select with Windows' sets, WSAPoll, the mode that does not wait, events.
 * Sets the last error. */
#include "base/net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <winbase.h>

#include "host/own.h"
#include "win32/win32.h"

struct set { /* fd_set: as many as the program made room for */
    unsigned count;
    base_socket sockets[];
};

enum { READ, WRITE, EXCEPT, SETS };
static const short wanted[SETS] = {POLLIN, POLLOUT, POLLPRI};

/* The files of a call, referenced as long as it waits. */
struct waits {
    struct pollfd *poll;
    struct ob_file **file;
    unsigned char *set;
    size_t count;
};

static void let_go(struct waits *waits)
{
    for (size_t i = 0; i < waits->count; i++)
        ob_dereference(&waits->file[i]->object);
    host_own_give(waits->poll);
    host_own_give(waits->file);
    host_own_give(waits->set);
}

static bool take(struct waits *waits, struct set *const sets[SETS])
{
    size_t count = 0;
    for (int s = 0; s < SETS; s++)
        count += sets[s] ? sets[s]->count : 0;
    *waits = (struct waits){host_own_zero(count + 1, sizeof *waits->poll),
                            host_own_zero(count + 1, sizeof(struct ob_file *)), host_own_zero(count + 1, 1), 0};
    if (count == 0 || !waits->poll || !waits->file || !waits->set)
        return base_socket_error(count ? WSAENOBUFS : WSAEINVAL), false;
    for (int s = 0; s < SETS; s++)
        for (unsigned i = 0; sets[s] && i < sets[s]->count; i++) {
            struct ob_file *file = base_socket_of(sets[s]->sockets[i]);
            if (!file)
                return false;
            waits->file[waits->count] = file;
            waits->set[waits->count] = (unsigned char)s;
            waits->poll[waits->count++] = (struct pollfd){file->fd, wanted[s], 0};
        }
    return true;
}

/* A connection that failed is told among the exceptions, and only there. */
static bool failed_to_connect(int fd, short events)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int type = 0;
    socklen_t type_size = sizeof type;
    return (events & (POLLERR | POLLHUP)) && getpeername(fd, (struct sockaddr *)&name, &size) != 0 &&
           errno == ENOTCONN && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM &&
           (events & POLLERR);
}

/* One that was never connected: to the kernel it is writable and hung up, to Windows neither readable nor writable. One
 * whose connection has ended is readable besides. Any other answer now says that it connects at this moment, and what
 * was told before is no longer true. */
static bool is_unconnected(const struct pollfd *told)
{
    struct pollfd now = {told->fd, POLLIN, 0};
    int type = 0;
    socklen_t size = sizeof type;
    return (told->revents & POLLHUP) && !(told->revents & (POLLIN | POLLERR)) &&
           getsockopt(told->fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           !(poll(&now, 1, 0) == 1 && now.revents == (POLLIN | POLLHUP));
}

static bool is_ready(const struct pollfd *poll, int set, bool unconnected)
{
    bool failed = failed_to_connect(poll->fd, poll->revents);
    if (set == EXCEPT)
        return failed || (poll->revents & POLLPRI);
    return !failed && (poll->revents & (wanted[set] | POLLHUP | POLLERR)) && !unconnected;
}

/* How many are ready, the only ones that stay told. What does not count is asked no more: a failure that its set is not
 * told of, a hang-up that nobody asked about. The kernel does not tell when one that is unconnected gets its
 * connection: `idle`. */
static int count_ready(struct waits *waits, bool *idle)
{
    int ready = 0;
    for (size_t i = 0; i < waits->count; i++) {
        struct pollfd *one = &waits->poll[i];
        bool unconnected = is_unconnected(one); /* asked once: it may connect at any moment */
        if (one->revents && is_ready(one, waits->set[i], unconnected)) {
            ready++;
        } else if (one->revents) {
            *idle |= unconnected;
            *one = (struct pollfd){-1, one->events, 0};
        }
    }
    return ready;
}

static void ask_all(struct waits *waits)
{
    for (size_t i = 0; i < waits->count; i++)
        waits->poll[i].fd = waits->file[i]->fd;
}

#define SECOND 1000000000ll
#define LOOK_AGAIN (10 * SECOND / 1000) /* after which the unconnected are asked anew */

static long long monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* How many are ready: none when the time (NULL: none is set) is over. */
static int wait_for(struct waits *waits, const struct timeval *time)
{
    const long long longest = SECOND << 31;
    long long left = time && time->tv_sec < longest / SECOND ? time->tv_sec * SECOND + time->tv_usec * 1000ll : longest;
    const long long end = monotonic() + left;
    for (bool idle = false;;) {
        long long sleep = idle && left > LOOK_AGAIN ? LOOK_AGAIN : left;
        struct timespec rest = {sleep / SECOND, sleep % SECOND};
        int told = ppoll(waits->poll, waits->count, &rest, NULL);
        if (told < 0 && errno != EINTR)
            return base_socket_errno(errno);
        if (told == 0 && idle) {
            ask_all(waits);
            idle = false;
        }
        int ready = told > 0 ? count_ready(waits, &idle) : 0;
        if (ready)
            return ready;
        left = time ? end - monotonic() : longest;
        if (left <= 0)
            return 0;
    }
}

base_exported int winmem_select(int ignored, struct set *read, struct set *write, struct set *except,
                                const struct timeval *time)
{
    struct set *const sets[SETS] = {read, write, except};
    struct waits waits;
    (void)ignored;
    if (!base_socket_started())
        return base_socket_error(WSANOTINITIALISED);
    if (!take(&waits, sets)) {
        let_go(&waits);
        return SOCKET_FAILED;
    }
    if (time && (time->tv_sec < 0 || time->tv_usec < 0)) {
        let_go(&waits);
        return base_socket_error(WSAEINVAL);
    }
    int ready = wait_for(&waits, time);
    size_t at = 0;
    for (int s = 0; ready >= 0 && s < SETS; s++) {
        unsigned kept = 0, count = sets[s] ? sets[s]->count : 0;
        for (unsigned i = 0; i < count; i++, at++)
            if (waits.poll[at].revents)
                sets[s]->sockets[kept++] = sets[s]->sockets[i];
        if (sets[s])
            sets[s]->count = kept;
    }
    let_go(&waits);
    return ready;
}

base_exported int __WSAFDIsSet(base_socket handle, const struct set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->sockets[i] == handle)
            return 1;
    return 0;
}

/* ---- WSAPoll: the events have other numbers ---- */

struct polled {
    base_socket handle;
    SHORT events, told;
};

static const struct {
    short windows, kernel;
} events[] = {{0x0001, POLLERR},    {0x0002, POLLHUP},    {0x0004, POLLNVAL},   {0x0010, POLLOUT},
              {0x0020, POLLWRBAND}, {0x0100, POLLRDNORM}, {0x0200, POLLRDBAND}, {0x0400, POLLPRI}};
#define EVENTS (sizeof events / sizeof *events)

/* A signal that the program knows nothing of does not end the wait. */
static int poll_until(struct pollfd *list, ULONG count, INT timeout)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long start = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
    for (INT left = timeout;;) {
        int result = poll(list, count, left);
        if (result >= 0 || errno != EINTR)
            return result;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long long passed = now.tv_sec * 1000LL + now.tv_nsec / 1000000 - start;
        left = timeout < 0 ? timeout : passed < timeout ? timeout - (INT)passed : 0;
    }
}

base_exported int WSAPoll(struct polled *list, ULONG count, INT timeout)
{
    if (!base_socket_started())
        return base_socket_error(WSANOTINITIALISED);
    if (!list || count == 0)
        return base_socket_error(WSAEINVAL);
    struct pollfd *poll_list = host_own_zero(count, sizeof *poll_list);
    struct ob_file **file = host_own_zero(count, sizeof(struct ob_file *));
    int told = 0;
    for (ULONG i = 0; poll_list && file && i < count; i++) {
        file[i] = list[i].handle == NO_SOCKET ? NULL : base_socket_of(list[i].handle);
        poll_list[i].fd = file[i] ? file[i]->fd : -1;
        for (size_t e = 0; e < EVENTS; e++)
            if (list[i].events & events[e].windows)
                poll_list[i].events |= events[e].kernel;
        told += list[i].handle != NO_SOCKET && !file[i];
    }
    int result = poll_list && file ? poll_until(poll_list, count, told ? 0 : timeout) : -1;
    int error = poll_list && file ? errno : ENOMEM;
    for (ULONG i = 0; result >= 0 && i < count; i++) {
        list[i].told = (SHORT)(list[i].handle != NO_SOCKET && !file[i] ? 0x0004 : 0);
        for (size_t e = 0; e < EVENTS; e++)
            if (poll_list[i].revents & events[e].kernel)
                list[i].told |= events[e].windows;
    }
    for (ULONG i = 0; file && i < count; i++)
        if (file[i])
            ob_dereference(&file[i]->object);
    host_own_give(poll_list);
    host_own_give(file);
    return result < 0 ? base_socket_errno(error) : result + told;
}

/* ---- control ---- */

#define CONTROL_NO_WAIT 0x8004667Eu  /* FIONBIO */
#define CONTROL_READABLE 0x4004667Fu /* FIONREAD */
#define CONTROL_AT_MARK 0x40047307u  /* SIOCATMARK */

base_exported int ioctlsocket(base_socket handle, int command, ULONG *argument)
{
    struct ob_file *file = base_socket_of(handle);
    int result = -1, number = 0;
    if (!file)
        return SOCKET_FAILED;
    if (!argument) {
        errno = EFAULT;
    } else if ((unsigned)command == CONTROL_NO_WAIT) {
        int flags = fcntl(file->fd, F_GETFL);
        result = fcntl(file->fd, F_SETFL, *argument ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
    } else if ((unsigned)command == CONTROL_READABLE || (unsigned)command == CONTROL_AT_MARK) {
        result = ioctl(file->fd, (unsigned)command == CONTROL_READABLE ? FIONREAD : SIOCATMARK, &number);
        if (result == 0)
            *argument = (ULONG)number;
    } else {
        errno = EINVAL;
    }
    return base_socket_end(file, result < 0 ? -1 : 0);
}

base_exported int WSAIoctl(base_socket handle, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size,
                           LPDWORD returned, LPOVERLAPPED overlapped, void *routine)
{
    if (overlapped || routine)
        return base_socket_error(WSAEOPNOTSUPP);
    ULONG number = 0;
    bool sets = code == CONTROL_NO_WAIT;
    if (!sets && code != CONTROL_READABLE && code != CONTROL_AT_MARK) {
        struct ob_file *file = base_socket_of(handle);
        if (!file)
            return SOCKET_FAILED;
        ob_dereference(&file->object);
        return base_socket_error(WSAEOPNOTSUPP);
    }
    if (!returned || (sets ? !in || in_size < sizeof number : !out || out_size < sizeof number))
        return base_socket_error(WSAEFAULT);
    if (sets)
        memcpy(&number, in, sizeof number);
    if (ioctlsocket(handle, (int)code, &number) != 0)
        return SOCKET_FAILED;
    if (!sets)
        memcpy(out, &number, sizeof number);
    *returned = sets ? 0 : sizeof number;
    return 0;
}

/* ---- events, which are those of everybody ---- */

base_exported HANDLE WSACreateEvent(void)
{
    return CreateEventW(NULL, TRUE, FALSE, NULL);
}

base_exported BOOL WSACloseEvent(HANDLE event)
{
    return CloseHandle(event);
}

base_exported BOOL WSASetEvent(HANDLE event)
{
    return SetEvent(event);
}

base_exported BOOL WSAResetEvent(HANDLE event)
{
    return ResetEvent(event);
}

base_exported DWORD WSAWaitForMultipleEvents(DWORD count, const HANDLE *list, BOOL all, DWORD timeout, BOOL alertable)
{
    return WaitForMultipleObjectsEx(count, list, all, timeout, alertable);
}
