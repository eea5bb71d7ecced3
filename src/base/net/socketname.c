/* socketname.c: names and numbers of machines, services and protocols, by the C library's resolver; structures in
 * Windows' form. Those of the old calls live in the thread, as on Windows. Sets the last error. */
#include "base/net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>

#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

/* ---- one machine, one service: the first forms ---- */

struct host { /* HOSTENT */
    char *name, **aliases;
    short type, length;
    char **list;
};
struct service { /* SERVENT of 64-bit Windows */
    char *name, **aliases, *protocol;
    short port;
};
struct protocol { /* PROTOENT */
    char *name, **aliases;
    short number;
};

#define ADDRESSES 32
#define TEXT_ROOM 4096 /* of the C library, for what one call finds */

struct answer {
    struct host host;
    struct service service;
    struct protocol protocol;
    char *none, *list[ADDRESSES + 1], name[256], address[ADDRESSES][16], dotted[16];
    char service_text[TEXT_ROOM], protocol_text[TEXT_ROOM];
};

static struct {
    pthread_once_t once;
    pthread_key_t key; /* a thread's answer, from its first question on */
    bool good;
} socketname_state = {.once = PTHREAD_ONCE_INIT};

static void make_key(void)
{
    socketname_state.good = pthread_key_create(&socketname_state.key, host_own_give) == 0;
}

/* NULL with the last error. */
static struct answer *own_answer(void)
{
    pthread_once(&socketname_state.once, make_key);
    struct answer *answer = socketname_state.good ? pthread_getspecific(socketname_state.key) : NULL;
    if (answer)
        return answer;
    answer = socketname_state.good ? host_own_zero(1, sizeof *answer) : NULL;
    if (answer && pthread_setspecific(socketname_state.key, answer) == 0)
        return answer;
    host_own_give(answer);
    base_socket_error(WSAENOBUFS);
    return NULL;
}

/* The same, for those that need WSAStartup. */
static struct answer *started_answer(void)
{
    return base_socket_started() ? own_answer() : (base_socket_error(WSANOTINITIALISED), NULL);
}

static DWORD resolver_code(int error)
{
    switch (error) {
    case HOST_NOT_FOUND:
        return WSAHOST_NOT_FOUND;
    case TRY_AGAIN:
        return WSATRY_AGAIN;
    case NO_RECOVERY:
        return WSANO_RECOVERY;
    default:
        return WSANO_DATA;
    }
}

static struct host *tell_host(struct answer *answer, const struct hostent *found, int error)
{
    if (!found) {
        base_socket_error(resolver_code(error));
        return NULL;
    }
    int count = 0;
    snprintf(answer->name, sizeof answer->name, "%s", found->h_name);
    for (; found->h_addr_list[count] && count < ADDRESSES; count++) {
        memcpy(answer->address[count], found->h_addr_list[count], (size_t)found->h_length);
        answer->list[count] = answer->address[count];
    }
    answer->list[count] = NULL;
    answer->host = (struct host){answer->name, &answer->none,
                                 (short)(found->h_addrtype == AF_INET6 ? WINDOWS_INET6 : found->h_addrtype),
                                 (short)found->h_length, answer->list};
    return &answer->host;
}

base_exported struct host *winmem_gethostbyname(const char *name)
{
    char own[256] = "", text[2 * TEXT_ROOM];
    struct hostent host, *found = NULL;
    int error = NO_RECOVERY;
    struct answer *answer = started_answer();
    if (!answer)
        return NULL;
    if (!name || !*name) /* this machine */
        gethostname(own, sizeof own - 1);
    gethostbyname_r(*own ? own : name, &host, text, sizeof text, &found, &error);
    return tell_host(answer, found, error);
}

base_exported struct host *winmem_gethostbyaddr(const char *address, int length, int type)
{
    char text[2 * TEXT_ROOM];
    struct hostent host, *found = NULL;
    int error = NO_RECOVERY;
    struct answer *answer = started_answer();
    if (!answer)
        return NULL;
    gethostbyaddr_r(address, (socklen_t)length, type == WINDOWS_INET6 ? AF_INET6 : type, &host, text, sizeof text,
                    &found, &error);
    return tell_host(answer, found, error);
}

static struct service *tell_service(struct answer *answer, const struct servent *found)
{
    if (!found)
        return base_socket_error(WSANO_DATA), NULL;
    answer->service = (struct service){found->s_name, found->s_aliases, found->s_proto, (short)found->s_port};
    return &answer->service;
}

base_exported struct service *winmem_getservbyname(const char *name, const char *protocol)
{
    struct servent entry, *found = NULL;
    struct answer *answer = started_answer();
    if (!answer)
        return NULL;
    getservbyname_r(name, protocol, &entry, answer->service_text, TEXT_ROOM, &found);
    return tell_service(answer, found);
}

base_exported struct service *winmem_getservbyport(int port, const char *protocol)
{
    struct servent entry, *found = NULL;
    struct answer *answer = started_answer();
    if (!answer)
        return NULL;
    getservbyport_r(port, protocol, &entry, answer->service_text, TEXT_ROOM, &found);
    return tell_service(answer, found);
}

static struct protocol *tell_protocol(struct answer *answer, const struct protoent *found)
{
    if (!found)
        return base_socket_error(WSANO_DATA), NULL;
    answer->protocol = (struct protocol){found->p_name, found->p_aliases, (short)found->p_proto};
    return &answer->protocol;
}

base_exported struct protocol *winmem_getprotobyname(const char *name)
{
    struct protoent entry, *found = NULL;
    struct answer *answer = started_answer();
    if (!answer)
        return NULL;
    getprotobyname_r(name, &entry, answer->protocol_text, TEXT_ROOM, &found);
    return tell_protocol(answer, found);
}

base_exported struct protocol *winmem_getprotobynumber(int number)
{
    struct protoent entry, *found = NULL;
    struct answer *answer = started_answer();
    if (!answer)
        return NULL;
    getprotobynumber_r(number, &entry, answer->protocol_text, TEXT_ROOM, &found);
    return tell_protocol(answer, found);
}

base_exported int winmem_gethostname(char *name, int length)
{
    char own[256] = "";
    if (!base_socket_started())
        return base_socket_error(WSANOTINITIALISED);
    gethostname(own, sizeof own - 1);
    if (!name || length <= (int)strlen(own))
        return base_socket_error(WSAEFAULT);
    strcpy(name, own);
    return 0;
}

/* ---- numbers as text ---- */

base_exported ULONG winmem_inet_addr(const char *text)
{
    return text ? inet_addr(text) : INADDR_NONE;
}

base_exported char *winmem_inet_ntoa(struct in_addr address)
{
    struct answer *answer = own_answer();
    if (!answer)
        return NULL;
    inet_ntop(AF_INET, &address, answer->dotted, sizeof answer->dotted);
    return answer->dotted;
}

base_exported int winmem_inet_pton(int family, const char *text, void *to)
{
    if (!text || !to)
        return base_socket_error(WSAEFAULT);
    int result = inet_pton(family == WINDOWS_INET6 ? AF_INET6 : family == AF_INET6 ? -1 : family, text, to);
    return result < 0 ? base_socket_error(WSAEAFNOSUPPORT) : result;
}

base_exported const char *winmem_inet_ntop(int family, const void *from, char *text, size_t size)
{
    const char *told = inet_ntop(family == WINDOWS_INET6 ? AF_INET6
                                 : family == AF_INET6    ? -1
                                                         : family,
                                 from, text, (socklen_t)size);
    if (!told)
        base_socket_error(errno == ENOSPC ? ERROR_INVALID_PARAMETER : WSAEAFNOSUPPORT);
    return told;
}

/* ---- getaddrinfo and its kin ---- */

struct info { /* ADDRINFOA */
    int flags, family, type, protocol;
    size_t length;
    char *name;
    struct sockaddr *address;
    struct info *next;
};

/* By bit: those of both sides. */
static const struct {
    int windows, kernel;
} hints_flags[] = {{0x01, AI_PASSIVE},     {0x02, AI_CANONNAME}, {0x04, AI_NUMERICHOST}, {0x08, AI_NUMERICSERV},
                   {0x400, AI_ADDRCONFIG}, {0x800, AI_V4MAPPED}, {0x100, AI_ALL}};

static int info_code(int error)
{
    switch (error) {
    case EAI_AGAIN:
        return WSATRY_AGAIN;
    case EAI_BADFLAGS:
        return WSAEINVAL;
    case EAI_FAIL:
        return WSANO_RECOVERY;
    case EAI_FAMILY:
        return WSAEAFNOSUPPORT;
    case EAI_MEMORY:
        return ERROR_NOT_ENOUGH_MEMORY;
    case EAI_SERVICE:
        return WSATYPE_NOT_FOUND;
    case EAI_SOCKTYPE:
        return WSAESOCKTNOSUPPORT;
    case EAI_OVERFLOW:
        return ERROR_INSUFFICIENT_BUFFER;
    default:
        return WSAHOST_NOT_FOUND;
    }
}

base_exported void winmem_freeaddrinfo(struct info *list)
{
    while (list) {
        struct info *next = list->next;
        host_own_give(list->name);
        host_own_give(list);
        list = next;
    }
}

static struct info *copy(const struct addrinfo *from)
{
    struct info *to = host_own_zero(1, sizeof *to + sizeof(struct sockaddr_storage));
    if (!to)
        return NULL;
    int room = sizeof(struct sockaddr_storage);
    *to = (struct info){0,
                        from->ai_family == AF_INET6 ? WINDOWS_INET6 : from->ai_family,
                        from->ai_socktype,
                        from->ai_protocol,
                        from->ai_addrlen,
                        from->ai_canonname ? host_own_text(from->ai_canonname) : NULL,
                        (struct sockaddr *)(to + 1),
                        NULL};
    base_address_from_linux((const struct sockaddr_storage *)(const void *)from->ai_addr, from->ai_addrlen, to->address,
                            &room);
    return to;
}

base_exported int winmem_getaddrinfo(const char *node, const char *service, const struct info *hints,
                                     struct info **result)
{
    struct addrinfo wanted = {0}, *found;
    char own[256] = "";
    if (!base_socket_started())
        return base_socket_error(WSANOTINITIALISED), WSANOTINITIALISED;
    if (hints) {
        wanted.ai_family = hints->family == WINDOWS_INET6 ? AF_INET6 : hints->family;
        wanted.ai_socktype = hints->type;
        wanted.ai_protocol = hints->protocol;
        for (size_t i = 0; i < sizeof hints_flags / sizeof *hints_flags; i++)
            if (hints->flags & hints_flags[i].windows)
                wanted.ai_flags |= hints_flags[i].kernel;
    }
    if (node && !*node) { /* this machine */
        gethostname(own, sizeof own - 1);
        node = own;
    }
    int error = getaddrinfo(node, service, &wanted, &found);
    if (error)
        return base_socket_error((DWORD)info_code(error)), info_code(error);
    struct info *first = NULL, **last = &first;
    for (struct addrinfo *at = found; at; at = at->ai_next) {
        *last = copy(at);
        if (!*last) {
            winmem_freeaddrinfo(first);
            freeaddrinfo(found);
            return base_socket_error(ERROR_NOT_ENOUGH_MEMORY), ERROR_NOT_ENOUGH_MEMORY;
        }
        last = &(*last)->next;
    }
    freeaddrinfo(found);
    *result = first;
    return 0;
}

/* NI_NOFQDN 1, NI_NUMERICHOST 2, NI_NAMEREQD 4, NI_NUMERICSERV 8, NI_DGRAM 16. */
base_exported int winmem_getnameinfo(const void *address, int length, char *node, DWORD node_size, char *service,
                                     DWORD service_size, int flags)
{
    struct sockaddr_storage name;
    if (!base_socket_started())
        return base_socket_error(WSANOTINITIALISED), WSANOTINITIALISED;
    socklen_t size = base_address_to_linux(address, length, &name);
    int given = (flags & 1 ? NI_NOFQDN : 0) | (flags & 2 ? NI_NUMERICHOST : 0) | (flags & 4 ? NI_NAMEREQD : 0) |
                (flags & 8 ? NI_NUMERICSERV : 0) | (flags & 16 ? NI_DGRAM : 0);
    int error = getnameinfo((struct sockaddr *)&name, size, node, node_size, service, service_size, given);
    return error ? (base_socket_error((DWORD)info_code(error)), info_code(error)) : 0;
}
