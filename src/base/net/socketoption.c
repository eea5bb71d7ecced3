/* socketoption.c: options of sockets, whose levels, numbers and values differ: times are milliseconds, a linger is two
 * short numbers. Sets the last error. */
#include "base/net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>
#include <winbase.h>

#include "win32/win32.h"

enum kind { NUMBER, ROOM, TIME, LINGER, ERROR_CODE, NOT_LINGER, RAW };

struct option {
    int level, name, to_level, to_name;
    enum kind kind;
};

#define WINDOWS_SOCKET 0xffff /* SOL_SOCKET */

static const struct option options[] = {
    {WINDOWS_SOCKET, 0x0001, SOL_SOCKET, SO_DEBUG, NUMBER},
    {WINDOWS_SOCKET, 0x0002, SOL_SOCKET, SO_ACCEPTCONN, NUMBER},
    {WINDOWS_SOCKET, 0x0004, SOL_SOCKET, SO_REUSEADDR, NUMBER},
    {WINDOWS_SOCKET, 0x0008, SOL_SOCKET, SO_KEEPALIVE, NUMBER},
    {WINDOWS_SOCKET, 0x0010, SOL_SOCKET, SO_DONTROUTE, NUMBER},
    {WINDOWS_SOCKET, 0x0020, SOL_SOCKET, SO_BROADCAST, NUMBER},
    {WINDOWS_SOCKET, 0x0080, SOL_SOCKET, SO_LINGER, LINGER},
    {WINDOWS_SOCKET, ~0x0080, SOL_SOCKET, SO_LINGER, NOT_LINGER},
    {WINDOWS_SOCKET, 0x0100, SOL_SOCKET, SO_OOBINLINE, NUMBER},
    {WINDOWS_SOCKET, 0x1001, SOL_SOCKET, SO_SNDBUF, ROOM},
    {WINDOWS_SOCKET, 0x1002, SOL_SOCKET, SO_RCVBUF, ROOM},
    {WINDOWS_SOCKET, 0x1003, SOL_SOCKET, SO_SNDLOWAT, NUMBER},
    {WINDOWS_SOCKET, 0x1004, SOL_SOCKET, SO_RCVLOWAT, NUMBER},
    {WINDOWS_SOCKET, 0x1005, SOL_SOCKET, SO_SNDTIMEO, TIME},
    {WINDOWS_SOCKET, 0x1006, SOL_SOCKET, SO_RCVTIMEO, TIME},
    {WINDOWS_SOCKET, 0x1007, SOL_SOCKET, SO_ERROR, ERROR_CODE},
    {WINDOWS_SOCKET, 0x1008, SOL_SOCKET, SO_TYPE, NUMBER},
    {IPPROTO_TCP, 1, IPPROTO_TCP, TCP_NODELAY, NUMBER},
    {IPPROTO_TCP, 3, IPPROTO_TCP, TCP_KEEPIDLE, NUMBER},
    {IPPROTO_TCP, 16, IPPROTO_TCP, TCP_KEEPCNT, NUMBER},
    {IPPROTO_TCP, 17, IPPROTO_TCP, TCP_KEEPINTVL, NUMBER},
    {IPPROTO_IP, 2, IPPROTO_IP, IP_HDRINCL, NUMBER},
    {IPPROTO_IP, 3, IPPROTO_IP, IP_TOS, NUMBER},
    {IPPROTO_IP, 4, IPPROTO_IP, IP_TTL, NUMBER},
    {IPPROTO_IP, 9, IPPROTO_IP, IP_MULTICAST_IF, RAW},
    {IPPROTO_IP, 10, IPPROTO_IP, IP_MULTICAST_TTL, NUMBER},
    {IPPROTO_IP, 11, IPPROTO_IP, IP_MULTICAST_LOOP, NUMBER},
    {IPPROTO_IP, 12, IPPROTO_IP, IP_ADD_MEMBERSHIP, RAW},
    {IPPROTO_IP, 13, IPPROTO_IP, IP_DROP_MEMBERSHIP, RAW},
    {IPPROTO_IPV6, 4, IPPROTO_IPV6, IPV6_UNICAST_HOPS, NUMBER},
    {IPPROTO_IPV6, 9, IPPROTO_IPV6, IPV6_MULTICAST_IF, NUMBER},
    {IPPROTO_IPV6, 10, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, NUMBER},
    {IPPROTO_IPV6, 11, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, NUMBER},
    {IPPROTO_IPV6, 12, IPPROTO_IPV6, IPV6_JOIN_GROUP, RAW},
    {IPPROTO_IPV6, 13, IPPROTO_IPV6, IPV6_LEAVE_GROUP, RAW},
    {IPPROTO_IPV6, 27, IPPROTO_IPV6, IPV6_V6ONLY, NUMBER},
};

static const struct option *find(int level, int name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].level == level && options[i].name == name)
            return &options[i];
    return NULL;
}

#define EXCLUSIVE (~0x0004)   /* SO_EXCLUSIVEADDRUSE: so a bound port is here anyhow */
#define CONTEXT_ACCEPT 0x700B /* SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT: nothing is behind */
#define CONTEXT_CONNECT 0x7010

struct linger_short {
    unsigned short on, seconds;
};

static int set(int fd, const struct option *option, const void *value, int size)
{
    int number = 0;
    if (option->kind == RAW)
        return setsockopt(fd, option->to_level, option->to_name, value, (socklen_t)size);
    if (option->kind == LINGER) {
        struct linger_short given;
        if (size < (int)sizeof given)
            return errno = EFAULT, -1;
        memcpy(&given, value, sizeof given);
        struct linger linger = {given.on, given.seconds};
        return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    if (size < 1)
        return errno = EFAULT, -1;
    if (size < (int)sizeof number) /* a BOOLEAN */
        number = *(const unsigned char *)value;
    else
        memcpy(&number, value, sizeof number);
    if (option->kind == TIME) {
        struct timeval time = {(unsigned)number / 1000, (long)((unsigned)number % 1000) * 1000};
        return setsockopt(fd, SOL_SOCKET, option->to_name, &time, sizeof time);
    }
    if (option->kind == NOT_LINGER) {
        struct linger linger = {!number, 0};
        return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    return setsockopt(fd, option->to_level, option->to_name, &number, sizeof number);
}

base_exported int winmem_setsockopt(base_socket handle, int level, int name, const char *value, int size)
{
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return SOCKET_FAILED;
    if (level == WINDOWS_SOCKET && (name == EXCLUSIVE || name == CONTEXT_ACCEPT || name == CONTEXT_CONNECT))
        return base_socket_end(file, 0);
    const struct option *option = find(level, name);
    errno = !option ? ENOPROTOOPT : EFAULT;
    int result = option && value ? set(file->fd, option, value, size) : -1;
    return base_socket_end(file, result);
}

/* What Linux keeps, in Windows' form: its size, or -1 and errno. */
static int get(int fd, const struct option *option, void *value, int room)
{
    union {
        int number;
        struct linger linger;
        struct timeval time;
        char raw[64];
    } have = {0};
    socklen_t length = sizeof have;
    struct linger_short linger;
    int number;
    if (getsockopt(fd, option->to_level, option->to_name, &have, &length) != 0)
        return -1;
    const void *from = &number;
    int size = sizeof number;
    number = have.number;
    if (option->kind == LINGER) {
        linger = (struct linger_short){(unsigned short)have.linger.l_onoff, (unsigned short)have.linger.l_linger};
        from = &linger;
        size = sizeof linger;
    } else if (option->kind == ROOM) {
        number = have.number / 2; /* Linux doubles what was asked for, and tells that */
    } else if (option->kind == TIME) {
        number = (int)(have.time.tv_sec * 1000 + have.time.tv_usec / 1000);
    } else if (option->kind == NOT_LINGER) {
        number = !have.linger.l_onoff;
    } else if (option->kind == ERROR_CODE) {
        number = (int)base_socket_code(have.number);
    } else if (option->kind == RAW) {
        from = have.raw;
        size = (int)length;
    }
    if (room < size)
        return errno = EFAULT, -1;
    memcpy(value, from, (size_t)size);
    return size;
}

base_exported int winmem_getsockopt(base_socket handle, int level, int name, char *value, int *size)
{
    struct ob_file *file = base_socket_of(handle);
    if (!file)
        return SOCKET_FAILED;
    const struct option *option = find(level, name);
    errno = !option ? ENOPROTOOPT : EFAULT;
    int length = option && value && size ? get(file->fd, option, value, *size) : -1;
    base_socket_end(file, length);
    if (length < 0)
        return SOCKET_FAILED;
    *size = length;
    return 0;
}
