/* socket.c: Windows Sockets: their start, their life, what is sent and received. A socket is a file object whose
 * handle is its number, so that ReadFile, WriteFile, DuplicateHandle and inheritance know it too. Sets the last error.
 */
#include "base/net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <winbase.h>

#include "host/own.h"
#include "win32/win32.h"

static struct {
    _Atomic int started; /* calls of WSAStartup without their WSACleanup */
} socket_state;

/* ---- errors ---- */

DWORD base_socket_code(int error)
{
    static const struct {
        short error, code;
    } codes[] = {
        {EINTR, WSAEINTR},
        {EBADF, WSAENOTSOCK},
        {EACCES, WSAEACCES},
        {EPERM, WSAEACCES},
        {EFAULT, WSAEFAULT},
        {EINVAL, WSAEINVAL},
        {EMFILE, WSAEMFILE},
        {ENFILE, WSAEMFILE},
        {EAGAIN, WSAEWOULDBLOCK},
        {EINPROGRESS, WSAEWOULDBLOCK},
        {EALREADY, WSAEALREADY},
        {ENOTSOCK, WSAENOTSOCK},
        {EDESTADDRREQ, WSAEDESTADDRREQ},
        {EMSGSIZE, WSAEMSGSIZE},
        {EPROTOTYPE, WSAEPROTOTYPE},
        {ENOPROTOOPT, WSAENOPROTOOPT},
        {EPROTONOSUPPORT, WSAEPROTONOSUPPORT},
        {ESOCKTNOSUPPORT, WSAESOCKTNOSUPPORT},
        {EOPNOTSUPP, WSAEOPNOTSUPP},
        {EPFNOSUPPORT, WSAEPFNOSUPPORT},
        {EAFNOSUPPORT, WSAEAFNOSUPPORT},
        {EADDRINUSE, WSAEADDRINUSE},
        {EADDRNOTAVAIL, WSAEADDRNOTAVAIL},
        {ENETDOWN, WSAENETDOWN},
        {ENETUNREACH, WSAENETUNREACH},
        {ENETRESET, WSAENETRESET},
        {ECONNABORTED, WSAECONNABORTED},
        {ECONNRESET, WSAECONNRESET},
        {EPIPE, WSAESHUTDOWN},
        {ENOBUFS, WSAENOBUFS},
        {ENOMEM, WSAENOBUFS},
        {EISCONN, WSAEISCONN},
        {ENOTCONN, WSAENOTCONN},
        {ESHUTDOWN, WSAESHUTDOWN},
        {ETIMEDOUT, WSAETIMEDOUT},
        {ECONNREFUSED, WSAECONNREFUSED},
        {EHOSTDOWN, WSAEHOSTDOWN},
        {EHOSTUNREACH, WSAEHOSTUNREACH},
        {ENAMETOOLONG, WSAENAMETOOLONG},
        {ENOENT, WSAECONNREFUSED}, /* of a local socket's name */
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].error == error)
            return (DWORD)codes[i].code;
    return error ? WSAEINVAL : 0;
}

int base_socket_error(DWORD error)
{
    SetLastError(error);
    return SOCKET_FAILED;
}

int base_socket_errno(int error)
{
    return base_socket_error(base_socket_code(error));
}

/* ---- start and end ---- */

bool base_socket_started(void)
{
    return atomic_load(&socket_state.started) > 0;
}

struct data { /* WSADATA of 64-bit Windows */
    WORD version, highest;
    unsigned short most_sockets, most_datagram;
    char *vendor;
    char description[257], status[129];
};

base_exported int WSAStartup(WORD version, struct data *data)
{
    BYTE major = (BYTE)version, minor = (BYTE)(version >> 8);
    if (!data)
        return WSAEFAULT;
    if (major == 0)
        return WSAVERNOTSUPPORTED;
    memset(data, 0, sizeof *data);
    data->version = major > 2 || (major == 2 && minor > 2) ? MAKEWORD(2, 2) : version;
    data->highest = MAKEWORD(2, 2);
    strcpy(data->description, "WinSock 2.0");
    strcpy(data->status, "Running");
    if (major < 2) {
        data->most_sockets = 32767;
        data->most_datagram = 65467;
    }
    atomic_fetch_add(&socket_state.started, 1);
    return 0;
}

base_exported int WSACleanup(void)
{
    int now = atomic_load(&socket_state.started);
    while (now > 0)
        if (atomic_compare_exchange_weak(&socket_state.started, &now, now - 1))
            return 0;
    return base_socket_error(WSANOTINITIALISED);
}

base_exported int WSAGetLastError(void)
{
    return (int)GetLastError();
}

base_exported void WSASetLastError(int error)
{
    SetLastError((DWORD)error);
}

/* ---- life ---- */

struct ob_file *base_socket_of(base_socket handle)
{
    struct ob_object *object;
    if (!base_socket_started()) {
        base_socket_error(WSANOTINITIALISED);
        return NULL;
    }
    if (!NT_SUCCESS(ob_lookup((HANDLE)handle, &ob_file_type, 0, &object, NULL))) {
        base_socket_error(WSAENOTSOCK);
        return NULL;
    }
    return (struct ob_file *)object;
}

int base_socket_end(struct ob_file *file, long result)
{
    int error = errno;
    bool closed = atomic_load(&file->object.handles) == 0;
    if (result < 0 && error == EAGAIN && !(fcntl(file->fd, F_GETFL) & O_NONBLOCK))
        error = ETIMEDOUT; /* it waited as long as SO_RCVTIMEO or SO_SNDTIMEO lets it */
    ob_dereference(&file->object);
    if (result < 0)
        return closed ? base_socket_error(WSAEINTR) : base_socket_errno(error);
    return (int)result;
}

/* A handle of the descriptor, which is closed when there is none. */
static base_socket handle_of(int fd, bool inherit)
{
    HANDLE handle = NULL;
    if (fd < 0) {
        base_socket_errno(errno);
        return NO_SOCKET;
    }
    struct ob_file *file = ob_file_create(fd, NULL);
    if (!file) {
        close(fd);
        base_socket_error(WSAENOBUFS);
        return NO_SOCKET;
    }
    file->access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    bool made = NT_SUCCESS(ob_create_handle(&file->object, file->access, inherit ? OB_INHERIT : 0, &handle));
    ob_dereference(&file->object);
    if (!made)
        base_socket_error(WSAENOBUFS);
    return made ? (base_socket)handle : NO_SOCKET;
}

static base_socket make(int family, int type, int protocol, bool inherit)
{
    int on = 1;
    if (!base_socket_started()) {
        base_socket_error(WSANOTINITIALISED);
        return NO_SOCKET;
    }
    if (family == AF_INET6 || (type & ~0xf)) { /* Linux' number is another family of Windows'; its flags are unknown */
        base_socket_error(family == AF_INET6 ? WSAEAFNOSUPPORT : WSAESOCKTNOSUPPORT);
        return NO_SOCKET;
    }
    if (family == AF_UNSPEC) /* as on Windows, where the protocol's family is taken */
        family = AF_INET;
    int fd = socket(family == WINDOWS_INET6 ? AF_INET6 : family, type | SOCK_CLOEXEC, protocol);
    if (fd >= 0 && family == WINDOWS_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on); /* as they begin on Windows */
    return handle_of(fd, inherit);
}

base_exported base_socket winmem_socket(int family, int type, int protocol)
{
    return make(family, type, protocol, true);
}

#define NO_INHERITANCE 0x80 /* WSA_FLAG_NO_HANDLE_INHERIT */

base_exported base_socket WSASocketW(int family, int type, int protocol, void *info, unsigned group, DWORD flags)
{
    (void)group;
    if (info) {
        base_socket_error(WSAEINVAL); /* a description comes from WSADuplicateSocket, which is not here */
        return NO_SOCKET;
    }
    return make(family, type, protocol, !(flags & NO_INHERITANCE));
}

__attribute__((alias("WSASocketW"))) base_exported base_socket WSASocketA(int, int, int, void *, unsigned, DWORD);

/* Who waits in a call on the socket is woken. */
base_exported int closesocket(base_socket handle)
{
    struct ob_file *file = base_socket_of(handle);
    int type;
    socklen_t size = sizeof type;
    if (!file)
        return SOCKET_FAILED;
    if (getsockopt(file->fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return base_socket_end(file, -1);
    ob_close_handle((HANDLE)handle);
    if (atomic_load(&file->object.handles) == 0 && atomic_load(&file->object.references) > 1)
        shutdown(file->fd, SHUT_RDWR);
    ob_dereference(&file->object);
    return 0;
}

/* ---- addresses ---- */

socklen_t base_address_to_linux(const void *address, int length, struct sockaddr_storage *to)
{
    socklen_t size = length < 0 ? 0 : (socklen_t)length < sizeof *to ? (socklen_t)length : (socklen_t)sizeof *to;
    memset(to, 0, sizeof *to);
    if (address)
        memcpy(to, address, size);
    if (to->ss_family == WINDOWS_INET6)
        to->ss_family = AF_INET6;
    return address ? size : 0;
}

bool base_address_from_linux(const struct sockaddr_storage *from, socklen_t length, void *address, int *room)
{
    if (!address || !room)
        return true;
    if (*room < (int)length)
        return false;
    memcpy(address, from, length);
    if (length >= sizeof from->ss_family && from->ss_family == AF_INET6)
        *(sa_family_t *)address = WINDOWS_INET6;
    *room = (int)length;
    return true;
}

/* A port that connections of a listener before have left may be taken at once, as on Windows. */
base_exported int winmem_bind(base_socket handle, const void *address, int length)
{
    struct sockaddr_storage name;
    struct ob_file *file = base_socket_of(handle);
    int on = 1, off = 0, was = 0;
    socklen_t was_size = sizeof was;
    if (!file)
        return SOCKET_FAILED;
    socklen_t size = base_address_to_linux(address, length, &name);
    getsockopt(file->fd, SOL_SOCKET, SO_REUSEADDR, &was, &was_size);
    int result = bind(file->fd, (struct sockaddr *)&name, size);
    if (result != 0 && errno == EADDRINUSE && !was && name.ss_family != AF_UNIX) {
        setsockopt(file->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        result = bind(file->fd, (struct sockaddr *)&name, size);
        int error = errno;
        if (result != 0)
            setsockopt(file->fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
        errno = error;
    }
    return base_socket_end(file, result);
}

base_exported int winmem_listen(base_socket handle, int backlog)
{
    struct ob_file *file = base_socket_of(handle);
    int on = 1;
    if (!file)
        return SOCKET_FAILED;
    int result = listen(file->fd, backlog);
    if (result == 0) /* what is left of its connections shall not keep others from the port */
        setsockopt(file->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return base_socket_end(file, result);
}

base_exported int winmem_connect(base_socket handle, const void *address, int length)
{
    struct sockaddr_storage name;
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return SOCKET_FAILED;
    socklen_t size = base_address_to_linux(address, length, &name);
    return base_socket_end(file, connect(file->fd, (struct sockaddr *)&name, size));
}

base_exported base_socket winmem_accept(base_socket handle, void *address, int *length)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return NO_SOCKET;
    int flags = fcntl(file->fd, F_GETFL);
    int fd =
        accept4(file->fd, (struct sockaddr *)&name, &size, SOCK_CLOEXEC | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0));
    if (base_socket_end(file, fd) < 0)
        return NO_SOCKET;
    if (!base_address_from_linux(&name, size, address, length)) {
        close(fd);
        base_socket_error(WSAEFAULT);
        return NO_SOCKET;
    }
    return handle_of(fd, true);
}

static bool has_no_name(const struct sockaddr_storage *name)
{
    return (name->ss_family == AF_INET || name->ss_family == AF_INET6) &&
           ((const struct sockaddr_in *)(const void *)name)->sin_port == 0;
}

typedef int name_call(int, struct sockaddr *, socklen_t *);

/* Of a socket without a name Linux tells an empty one. */
static int ask_name(base_socket handle, void *address, int *length, name_call *ask)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return SOCKET_FAILED;
    if (base_socket_end(file, ask(file->fd, (struct sockaddr *)&name, &size)) < 0)
        return SOCKET_FAILED;
    if (has_no_name(&name))
        return base_socket_error(WSAEINVAL);
    if (!address || !length || !base_address_from_linux(&name, size, address, length))
        return base_socket_error(WSAEFAULT);
    return 0;
}

base_exported int winmem_getpeername(base_socket handle, void *address, int *length)
{
    return ask_name(handle, address, length, getpeername);
}

base_exported int winmem_getsockname(base_socket handle, void *address, int *length)
{
    return ask_name(handle, address, length, getsockname);
}

base_exported int winmem_shutdown(base_socket handle, int how)
{
    struct ob_file *file = base_socket_of(handle);
    return file ? base_socket_end(file, shutdown(file->fd, how)) : SOCKET_FAILED;
}

/* ---- data ---- */

#define MESSAGE_WAITALL 8 /* Windows' MSG_WAITALL; OOB, PEEK and DONTROUTE are 1, 2 and 4 on both sides */

static int flags_to_linux(int flags)
{
    return (flags & 7) | (flags & MESSAGE_WAITALL ? MSG_WAITALL : 0);
}

struct buffer { /* WSABUF */
    ULONG length;
    char *bytes;
};
#define BUFFERS 64

/* In `few`, or own memory; NULL with the last error. */
static struct iovec *vector_of(const struct buffer *buffers, DWORD count, struct iovec few[BUFFERS])
{
    struct iovec *vector = count <= BUFFERS ? few : host_own_take(count * sizeof *vector);
    if (!vector)
        return base_socket_error(WSAENOBUFS), NULL;
    for (DWORD i = 0; i < count; i++)
        vector[i] = (struct iovec){buffers[i].bytes, buffers[i].length};
    return vector;
}

static void drop_vector(struct iovec *vector, const struct iovec *few)
{
    if (vector != few)
        host_own_give(vector);
}

static long put(base_socket handle, struct iovec *vector, size_t count, int flags, const void *to, int length)
{
    struct sockaddr_storage name;
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return SOCKET_FAILED;
    struct msghdr message = {.msg_iov = vector, .msg_iovlen = count};
    if (to) {
        message.msg_namelen = base_address_to_linux(to, length, &name);
        message.msg_name = &name;
    }
    return base_socket_end(file, sendmsg(file->fd, &message, flags_to_linux(flags) | MSG_NOSIGNAL));
}

/* A message that is longer than the room is cut, and that is an error. */
static long get(base_socket handle, struct iovec *vector, size_t count, int *flags, void *from, int *length)
{
    struct sockaddr_storage name;
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return SOCKET_FAILED;
    struct msghdr message = {.msg_iov = vector, .msg_iovlen = count, .msg_name = &name, .msg_namelen = sizeof name};
    long result = recvmsg(file->fd, &message, flags_to_linux(*flags));
    if (result == 0 && atomic_load(&file->object.handles) == 0)
        result = SOCKET_FAILED; /* nobody sent nothing: it was closed here */
    result = base_socket_end(file, result);
    if (result < 0)
        return result;
    if (message.msg_namelen && !base_address_from_linux(&name, message.msg_namelen, from, length))
        return base_socket_error(WSAEFAULT);
    *flags = message.msg_flags & MSG_OOB;
    return message.msg_flags & MSG_TRUNC ? base_socket_error(WSAEMSGSIZE) : result;
}

base_exported int winmem_send(base_socket handle, const char *bytes, int size, int flags)
{
    struct iovec vector = {(char *)(uintptr_t)bytes, (size_t)size};
    return size < 0 ? base_socket_error(WSAEFAULT) : (int)put(handle, &vector, 1, flags, NULL, 0);
}

base_exported int winmem_sendto(base_socket handle, const char *bytes, int size, int flags, const void *to, int length)
{
    struct iovec vector = {(char *)(uintptr_t)bytes, (size_t)size};
    return size < 0 ? base_socket_error(WSAEFAULT) : (int)put(handle, &vector, 1, flags, to, length);
}

base_exported int winmem_recv(base_socket handle, char *bytes, int size, int flags)
{
    struct iovec vector = {bytes, (size_t)size};
    return size < 0 ? base_socket_error(WSAEFAULT) : (int)get(handle, &vector, 1, &flags, NULL, NULL);
}

base_exported int winmem_recvfrom(base_socket handle, char *bytes, int size, int flags, void *from, int *length)
{
    struct iovec vector = {bytes, (size_t)size};
    return size < 0 ? base_socket_error(WSAEFAULT) : (int)get(handle, &vector, 1, &flags, from, length);
}

/* Overlapped transfers of sockets are not here. */
base_exported int WSASendTo(base_socket handle, struct buffer *buffers, DWORD count, LPDWORD sent, DWORD flags,
                            const void *to, int length, LPOVERLAPPED overlapped, void *routine)
{
    struct iovec few[BUFFERS];
    if (overlapped || routine)
        return base_socket_error(WSAEOPNOTSUPP);
    if (!sent || !buffers)
        return base_socket_error(WSAEFAULT);
    struct iovec *vector = vector_of(buffers, count, few);
    if (!vector)
        return SOCKET_FAILED;
    long result = put(handle, vector, count, (int)flags, to, length);
    drop_vector(vector, few);
    if (result < 0)
        return SOCKET_FAILED;
    *sent = (DWORD)result;
    return 0;
}

base_exported int WSASend(base_socket handle, struct buffer *buffers, DWORD count, LPDWORD sent, DWORD flags,
                          LPOVERLAPPED overlapped, void *routine)
{
    return WSASendTo(handle, buffers, count, sent, flags, NULL, 0, overlapped, routine);
}

base_exported int WSARecvFrom(base_socket handle, struct buffer *buffers, DWORD count, LPDWORD received, LPDWORD flags,
                              void *from, int *length, LPOVERLAPPED overlapped, void *routine)
{
    struct iovec few[BUFFERS];
    if (overlapped || routine)
        return base_socket_error(WSAEOPNOTSUPP);
    if (!received || !buffers || !flags)
        return base_socket_error(WSAEFAULT);
    int told = (int)*flags;
    struct iovec *vector = vector_of(buffers, count, few);
    if (!vector)
        return SOCKET_FAILED;
    long result = get(handle, vector, count, &told, from, length);
    drop_vector(vector, few);
    if (result < 0)
        return SOCKET_FAILED;
    *received = (DWORD)result;
    *flags = (DWORD)told;
    return 0;
}

base_exported int WSARecv(base_socket handle, struct buffer *buffers, DWORD count, LPDWORD received, LPDWORD flags,
                          LPOVERLAPPED overlapped, void *routine)
{
    return WSARecvFrom(handle, buffers, count, received, flags, NULL, NULL, overlapped, routine);
}
