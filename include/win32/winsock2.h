/* winsock2.h: Windows Sockets on the sockets of the system: the types and numbers are Windows', the calls are those of
 * libwinmem-base (winmem_ names, so that the C library's stay what they are). Not included by windows.h. */
#ifndef WINMEM_WINSOCK2_H
#define WINMEM_WINSOCK2_H

/* A program that wants larger sets says so before it includes this. */
#if defined(FD_SETSIZE) && !defined(_SYS_SELECT_H)
#define WINMEM_FD_SETSIZE_GIVEN
#pragma push_macro("FD_SETSIZE")
#endif

#include "windows.h"

#include <sys/types.h>

#include <sys/select.h>
/* All of it, before names of it become macros; but a program's own getopt is left alone (<getopt.h> brings the system's). */
#pragma push_macro("__USE_POSIX2")
#if __SIZEOF_WCHAR_T__ == 2
#undef __USE_POSIX2
#endif
#include <unistd.h>
#pragma pop_macro("__USE_POSIX2")

#ifdef WINMEM_FD_SETSIZE_GIVEN
#undef FD_SETSIZE
#pragma pop_macro("FD_SETSIZE")
#elif !defined(FD_SETSIZE)
#define FD_SETSIZE 64
#endif

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#define u_long ULONG /* the system's has 64 bits */
typedef unsigned long long u_int64;
typedef UINT_PTR SOCKET;
typedef unsigned int GROUP;
#define INVALID_SOCKET ((SOCKET)(~0))
#define SOCKET_ERROR (-1)
#define WSAAPI
#define WINSOCK_API_LINKAGE WINBASEAPI
#define WINSOCK_VERSION MAKEWORD(2, 2)
#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128
#define SOMAXCONN 0x7fffffff
#define FROM_PROTOCOL_INFO (-1)

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_IPX 6
#define AF_NETBIOS 17
#define AF_INET6 23
#define AF_IRDA 26
#define AF_BTH 32
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_RDM 4
#define SOCK_SEQPACKET 5

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_IGMP 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPPROTO_RAW 255
typedef int IPPROTO;

#define SOL_SOCKET 0xffff
#define SO_DEBUG 0x0001
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_DONTROUTE 0x0010
#define SO_BROADCAST 0x0020
#define SO_USELOOPBACK 0x0040
#define SO_LINGER 0x0080
#define SO_OOBINLINE 0x0100
#define SO_DONTLINGER (~SO_LINGER)
#define SO_EXCLUSIVEADDRUSE (~SO_REUSEADDR)
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define SO_MAX_MSG_SIZE 0x2003
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B
#define SO_UPDATE_CONNECT_CONTEXT 0x7010
#define TCP_NODELAY 0x0001
#define TCP_KEEPIDLE 3
#define TCP_KEEPCNT 16
#define TCP_KEEPINTVL 17

#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_WAITALL 0x8
#define MSG_MAXIOVLEN 16
#define SD_RECEIVE 0
#define SD_SEND 1
#define SD_BOTH 2
#ifndef FIONBIO
#define FIONBIO ((int)0x8004667Eu)
#define FIONREAD 0x4004667F
#define SIOCATMARK 0x40047307
#endif
#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80

#ifdef POLLIN
#undef POLLIN
#undef POLLOUT
#undef POLLPRI
#undef POLLERR
#undef POLLHUP
#undef POLLNVAL
#undef POLLRDNORM
#undef POLLRDBAND
#undef POLLWRNORM
#undef POLLWRBAND
#endif
#define POLLRDNORM 0x0100
#define POLLRDBAND 0x0200
#define POLLIN (POLLRDNORM | POLLRDBAND)
#define POLLPRI 0x0400
#define POLLWRNORM 0x0010
#define POLLOUT POLLWRNORM
#define POLLWRBAND 0x0020
#define POLLERR 0x0001
#define POLLHUP 0x0002
#define POLLNVAL 0x0004

#define INADDR_ANY ((ULONG)0x00000000)
#define INADDR_LOOPBACK 0x7f000001
#define INADDR_BROADCAST ((ULONG)0xffffffff)
#define INADDR_NONE 0xffffffff
#define ADDR_ANY INADDR_ANY
#define HOST_NOT_FOUND WSAHOST_NOT_FOUND
#define TRY_AGAIN WSATRY_AGAIN
#define NO_RECOVERY WSANO_RECOVERY
#define NO_DATA WSANO_DATA
#define WSANO_ADDRESS WSANO_DATA
#define h_errno WSAGetLastError()
#define WSA_INVALID_HANDLE ERROR_INVALID_HANDLE
#define WSA_NOT_ENOUGH_MEMORY ERROR_NOT_ENOUGH_MEMORY
#define WSA_INVALID_PARAMETER ERROR_INVALID_PARAMETER
#define WSA_IO_PENDING ERROR_IO_PENDING
#define WSA_IO_INCOMPLETE ERROR_IO_INCOMPLETE
#define WSA_OPERATION_ABORTED ERROR_OPERATION_ABORTED
#define WSA_INFINITE INFINITE
#define WSA_WAIT_EVENT_0 WAIT_OBJECT_0
#define WSA_WAIT_FAILED WAIT_FAILED
#define WSA_WAIT_TIMEOUT WAIT_TIMEOUT
#define WSA_WAIT_IO_COMPLETION WAIT_IO_COMPLETION
#define WSA_MAXIMUM_WAIT_EVENTS MAXIMUM_WAIT_OBJECTS
#define WSA_INVALID_EVENT ((WSAEVENT)NULL)
#define WSAEVENT HANDLE
#define WSAOVERLAPPED OVERLAPPED
#define LPWSAOVERLAPPED LPOVERLAPPED

typedef USHORT ADDRESS_FAMILY;
typedef struct in_addr {
    union {
        struct {
            UCHAR s_b1, s_b2, s_b3, s_b4;
        } S_un_b;
        struct {
            USHORT s_w1, s_w2;
        } S_un_w;
        ULONG S_addr;
    } S_un;
} IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
#define s_addr S_un.S_addr
#define s_host S_un.S_un_b.s_b2
#define s_net S_un.S_un_b.s_b1
#define s_imp S_un.S_un_w.s_w2

typedef struct sockaddr {
    ADDRESS_FAMILY sa_family;
    CHAR sa_data[14];
} SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in {
    ADDRESS_FAMILY sin_family;
    USHORT sin_port;
    struct in_addr sin_addr;
    CHAR sin_zero[8];
} SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_storage {
    ADDRESS_FAMILY ss_family;
    CHAR winmem_pad1[6];
    LONGLONG winmem_align;
    CHAR winmem_pad2[112];
} SOCKADDR_STORAGE, *PSOCKADDR_STORAGE, *LPSOCKADDR_STORAGE;

typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

typedef struct linger {
    u_short l_onoff;
    u_short l_linger;
} LINGER, *PLINGER, *LPLINGER;
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
typedef struct hostent {
    char *h_name;
    char **h_aliases;
    short h_addrtype;
    short h_length;
    char **h_addr_list;
} HOSTENT, *PHOSTENT, *LPHOSTENT;
#define h_addr h_addr_list[0]
typedef struct servent {
    char *s_name;
    char **s_aliases;
    char *s_proto;
    short s_port;
} SERVENT, *PSERVENT, *LPSERVENT;
typedef struct protoent {
    char *p_name;
    char **p_aliases;
    short p_proto;
} PROTOENT, *PPROTOENT, *LPPROTOENT;
typedef struct _WSABUF {
    ULONG len;
    CHAR *buf;
} WSABUF, *LPWSABUF;
typedef struct pollfd {
    SOCKET fd;
    SHORT events;
    SHORT revents;
} WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;
typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(DWORD dwError, DWORD cbTransferred,
                                                           LPWSAOVERLAPPED lpOverlapped, DWORD dwFlags);

/* The sets of select: a list of sockets, not bits. */
#undef fd_set
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#undef FD_ZERO
typedef struct winmem_fd_set {
    u_int fd_count;
    SOCKET fd_array[FD_SETSIZE];
} winmem_fd_set;
#define fd_set winmem_fd_set
typedef struct winmem_fd_set FD_SET, *PFD_SET, *LPFD_SET;

WINMEM_BEGIN_DECLS
extern int winmem_select(int nfds, winmem_fd_set *readfds, winmem_fd_set *writefds, winmem_fd_set *exceptfds,
                         const struct timeval *timeout);
extern int winmem_gethostname(char *name, int namelen);
WINBASEAPI int __WSAFDIsSet(SOCKET fd, winmem_fd_set *set);
WINMEM_END_DECLS
static __inline__ __attribute__((__unused__)) void winmem_fd_add(SOCKET fd, winmem_fd_set *set)
{
    if (!__WSAFDIsSet(fd, set) && set->fd_count < FD_SETSIZE)
        set->fd_array[set->fd_count++] = fd;
}
static __inline__ __attribute__((__unused__)) void winmem_fd_remove(SOCKET fd, winmem_fd_set *set)
{
    for (u_int i = 0, to = 0, count = set->fd_count; i < count; i++) {
        if (set->fd_array[i] == fd)
            set->fd_count--;
        else
            set->fd_array[to++] = set->fd_array[i];
    }
}
#define FD_SET(fd, set) winmem_fd_add((SOCKET)(fd), (winmem_fd_set *)(set))
#define FD_CLR(fd, set) winmem_fd_remove((SOCKET)(fd), (winmem_fd_set *)(set))
#define FD_ISSET(fd, set) __WSAFDIsSet((SOCKET)(fd), (winmem_fd_set *)(set))
#define FD_ZERO(set) ((void)(((winmem_fd_set *)(set))->fd_count = 0))
#ifdef __cplusplus
/* Overloads the system's, which an extern "C" around this header would forbid. */
extern "C++" {
static __inline__ __attribute__((__unused__)) int select(int nfds, winmem_fd_set *readfds, winmem_fd_set *writefds,
                                                         winmem_fd_set *exceptfds, const struct timeval *timeout)
{
    return winmem_select(nfds, readfds, writefds, exceptfds, timeout);
}
}
#else
#define select(...) winmem_select(__VA_ARGS__)
#endif
#define gethostname(...) winmem_gethostname(__VA_ARGS__)

/* Numbers as the network has them. */
#undef htons
#undef ntohs
#undef htonl
#undef ntohl
#define htons(value) ((u_short)__builtin_bswap16((u_short)(value)))
#define ntohs(value) ((u_short)__builtin_bswap16((u_short)(value)))
#define htonl(value) ((ULONG)__builtin_bswap32((ULONG)(value)))
#define ntohl(value) ((ULONG)__builtin_bswap32((ULONG)(value)))
#define htonll(value) ((unsigned long long)__builtin_bswap64((unsigned long long)(value)))
#define ntohll(value) ((unsigned long long)__builtin_bswap64((unsigned long long)(value)))

WINMEM_BEGIN_DECLS
WINBASEAPI int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
WINBASEAPI int WSAAPI WSACleanup(void);
WINBASEAPI int WSAAPI WSAGetLastError(void);
WINBASEAPI void WSAAPI WSASetLastError(int iError);
WINBASEAPI int WSAAPI closesocket(SOCKET s);
WINBASEAPI int WSAAPI ioctlsocket(SOCKET s, int cmd, ULONG *argp);
extern SOCKET socket(int af, int type, int protocol) __asm__("winmem_socket");
extern int bind(SOCKET s, const struct sockaddr *name, int namelen) __asm__("winmem_bind");
extern int listen(SOCKET s, int backlog) __asm__("winmem_listen");
extern int connect(SOCKET s, const struct sockaddr *name, int namelen) __asm__("winmem_connect");
extern SOCKET accept(SOCKET s, struct sockaddr *addr, int *addrlen) __asm__("winmem_accept");
extern int shutdown(SOCKET s, int how) __asm__("winmem_shutdown");
extern int send(SOCKET s, const char *buf, int len, int flags) __asm__("winmem_send");
extern int sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to, int tolen)
    __asm__("winmem_sendto");
extern int recv(SOCKET s, char *buf, int len, int flags) __asm__("winmem_recv");
extern int recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen)
    __asm__("winmem_recvfrom");
extern int getpeername(SOCKET s, struct sockaddr *name, int *namelen) __asm__("winmem_getpeername");
extern int getsockname(SOCKET s, struct sockaddr *name, int *namelen) __asm__("winmem_getsockname");
extern int getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen) __asm__("winmem_getsockopt");
extern int setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen) __asm__("winmem_setsockopt");
extern ULONG inet_addr(const char *cp) __asm__("winmem_inet_addr");
extern char *inet_ntoa(struct in_addr in) __asm__("winmem_inet_ntoa");
extern struct hostent *gethostbyname(const char *name) __asm__("winmem_gethostbyname");
extern struct hostent *gethostbyaddr(const char *addr, int len, int type) __asm__("winmem_gethostbyaddr");
extern struct servent *getservbyname(const char *name, const char *proto) __asm__("winmem_getservbyname");
extern struct servent *getservbyport(int port, const char *proto) __asm__("winmem_getservbyport");
extern struct protoent *getprotobyname(const char *name) __asm__("winmem_getprotobyname");
extern struct protoent *getprotobynumber(int number) __asm__("winmem_getprotobynumber");

/* WSASocket: no description of another process' socket. Transfers are over when these return: with an OVERLAPPED they
 * fail with WSAEOPNOTSUPP. */
WINBASEAPI SOCKET WSAAPI WSASocketA(int af, int type, int protocol, void *lpProtocolInfo, GROUP g, DWORD dwFlags);
WINBASEAPI SOCKET WSAAPI WSASocketW(int af, int type, int protocol, void *lpProtocolInfo, GROUP g, DWORD dwFlags);
WINBASEAPI int WSAAPI WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                              DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
                              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI int WSAAPI WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                                DWORD dwFlags, const struct sockaddr *lpTo, int iTolen, LPWSAOVERLAPPED lpOverlapped,
                                LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI int WSAAPI WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                              LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
                              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                                  LPDWORD lpFlags, struct sockaddr *lpFrom, int *lpFromlen,
                                  LPWSAOVERLAPPED lpOverlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
                               LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
                               LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI int WSAAPI WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout);
WINBASEAPI WSAEVENT WSAAPI WSACreateEvent(void);
WINBASEAPI BOOL WSAAPI WSACloseEvent(WSAEVENT hEvent);
WINBASEAPI BOOL WSAAPI WSASetEvent(WSAEVENT hEvent);
WINBASEAPI BOOL WSAAPI WSAResetEvent(WSAEVENT hEvent);
WINBASEAPI DWORD WSAAPI WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll,
                                                 DWORD dwTimeout, BOOL fAlertable);
WINMEM_END_DECLS
#ifdef UNICODE
#define WSASocket WSASocketW
#else
#define WSASocket WSASocketA
#endif

#endif
