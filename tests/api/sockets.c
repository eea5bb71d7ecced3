/* sockets.c: Windows Sockets: their start, connections, messages, sets that are waited for, options, names; Windows'
 * numbers and errors for what Linux numbers otherwise. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "check.h"

#include <string.h>

#define WSA(call, error)                                                                                               \
    do {                                                                                                               \
        WSASetLastError(0);                                                                                            \
        CHECK_EQ((long long)(call), -1);                                                                               \
        CHECK_EQ(WSAGetLastError(), error);                                                                            \
    } while (0)

static struct sockaddr_in local;

static void start(void)
{
    WSADATA data;
    WSA(socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED);
    WSA(WSACleanup(), WSANOTINITIALISED);
    CHECK_EQ(WSAStartup(0, &data), WSAVERNOTSUPPORTED);
    CHECK_EQ(WSAStartup(MAKEWORD(2, 2), NULL), WSAEFAULT);
    CHECK_EQ(WSAStartup(MAKEWORD(3, 0), &data), 0);
    CHECK(data.wVersion == MAKEWORD(2, 2) && data.wHighVersion == MAKEWORD(2, 2));
    CHECK_EQ(WSAStartup(MAKEWORD(1, 1), &data), 0);
    CHECK(data.wVersion == MAKEWORD(1, 1) && data.iMaxSockets > 0);
    CHECK_EQ(WSACleanup(), 0); /* the other start still counts */
    WSA(closesocket((SOCKET)0x7ffc), WSAENOTSOCK);
    WSA(closesocket((SOCKET)GetStdHandle(STD_OUTPUT_HANDLE)), WSAENOTSOCK);
    WSA(socket(AF_INET, 99, 0), WSAESOCKTNOSUPPORT);
    WSA(socket(10, SOCK_STREAM, 0), WSAEAFNOSUPPORT); /* Linux' AF_INET6 */
    CHECK(sizeof(WSADATA) == 408 && sizeof(struct sockaddr_storage) == 128 && sizeof(struct sockaddr_in6) == 28);
    CHECK(sizeof(struct servent) == 32 && sizeof(struct hostent) == 32 && sizeof(struct addrinfo) == 48);
}

static SOCKET listener(void)
{
    int length = sizeof local;
    SOCKET server = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    REQUIRE(server != INVALID_SOCKET);
    local = (struct sockaddr_in){.sin_family = AF_INET};
    local.sin_addr.s_addr = inet_addr("127.0.0.1");
    WSA(getsockname(server, (struct sockaddr *)&local, &length), WSAEINVAL);
    CHECK_EQ(bind(server, (struct sockaddr *)&local, sizeof local), 0);
    CHECK_EQ(getsockname(server, (struct sockaddr *)&local, &length), 0);
    CHECK(length == sizeof local && local.sin_port != 0 && local.sin_addr.S_un.S_un_b.s_b1 == 127);
    SOCKET other = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    WSA(bind(other, (struct sockaddr *)&local, sizeof local), WSAEADDRINUSE);
    CHECK_EQ(listen(server, SOMAXCONN), 0);
    WSA(bind(other, (struct sockaddr *)&local, sizeof local), WSAEADDRINUSE);
    int reuse = 1, size = sizeof reuse;
    CHECK_EQ(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, (char *)&reuse, sizeof reuse), 0);
    if (bind(other, (struct sockaddr *)&local, sizeof local) == -1) /* a call that fails leaves options alone */
        CHECK(getsockopt(other, SOL_SOCKET, SO_REUSEADDR, (char *)&reuse, &size) == 0 && reuse == 1);
    WSA(getpeername(server, (struct sockaddr *)&local, &length), WSAENOTCONN);
    CHECK_EQ(closesocket(other), 0);
    WSA(closesocket(other), WSAENOTSOCK);
    return server;
}

static int waits(SOCKET s, int which, long microseconds)
{
    fd_set sets[3];
    struct timeval time = {0, microseconds};
    for (int i = 0; i < 3; i++)
        FD_ZERO(&sets[i]);
    FD_SET(s, &sets[which]);
    FD_SET(s, &sets[which]);
    CHECK(sets[which].fd_count == 1 && FD_ISSET(s, &sets[which]));
    int ready = select(0, &sets[0], &sets[1], &sets[2], &time);
    CHECK(ready == (int)sets[which].fd_count && FD_ISSET(s, &sets[which]) == ready);
    FD_CLR(s, &sets[which]);
    CHECK_EQ(sets[which].fd_count, 0);
    return ready;
}

static DWORD CALLBACK connects(LPVOID client)
{
    Sleep(20); /* the other waits by now, most likely */
    CHECK_EQ(connect(*(SOCKET *)client, (struct sockaddr *)&local, sizeof local), 0);
    return 0;
}

static void connections(void)
{
    u_long on = 1, left = 9;
    char text[16] = "";
    int length = sizeof local;
    struct sockaddr_in peer;
    SOCKET server = listener(), client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(waits(server, 0, 1000), 0);
    CHECK_EQ(ioctlsocket(server, FIONBIO, &on), 0);
    WSA(accept(server, NULL, NULL), WSAEWOULDBLOCK);
    CHECK(waits(client, 0, 1000) == 0 && waits(client, 1, 1000) == 0); /* not connected */
    HANDLE thread = CreateThread(NULL, 0, connects, &client, 0, NULL);
    CHECK_EQ(waits(client, 1, 10000000), 1);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    WSA(connect(client, (struct sockaddr *)&local, sizeof local), WSAEISCONN);
    CHECK_EQ(waits(server, 0, 1000000), 1);
    SOCKET ours = accept(server, (struct sockaddr *)&peer, &length);
    REQUIRE(ours != INVALID_SOCKET);
    CHECK(length == sizeof peer && peer.sin_family == AF_INET && peer.sin_port != local.sin_port);
    WSA(recv(ours, text, sizeof text, 0), WSAEWOULDBLOCK); /* the mode is the listener's */
    CHECK_EQ(send(client, "winmem", 6, 0), 6);
    CHECK_EQ(waits(ours, 0, 1000000), 1);
    CHECK(ioctlsocket(ours, FIONREAD, &left) == 0 && left == 6);
    CHECK(recv(ours, text, 3, MSG_PEEK) == 3 && memcmp(text, "win", 3) == 0);
    WSABUF parts[2] = {{2, text}, {10, text + 2}};
    DWORD count = 0, flags = 0;
    OVERLAPPED overlapped = {0};
    WSA(WSARecv(ours, parts, 2, &count, &flags, &overlapped, NULL), WSAEOPNOTSUPP);
    CHECK(WSARecv(ours, parts, 2, &count, &flags, NULL, NULL) == 0 && count == 6 && memcmp(text, "winmem", 6) == 0);
    CHECK(waits(ours, 1, 0) == 1 && waits(ours, 2, 0) == 0);

    /* a socket is a handle */
    DWORD done = 0, type = GetFileType((HANDLE)client);
    CHECK_EQ(type, FILE_TYPE_PIPE);
    CHECK(WriteFile((HANDLE)ours, "back", 4, &done, NULL) && done == 4);
    CHECK(ReadFile((HANDLE)client, text, sizeof text, &done, NULL) && done == 4 && memcmp(text, "back", 4) == 0);
    CHECK_EQ(shutdown(ours, SD_SEND), 0);
    WSA(send(ours, "x", 1, 0), WSAESHUTDOWN);
    CHECK_EQ(recv(client, text, sizeof text, 0), 0);
    closesocket(ours);
    closesocket(client);
    closesocket(server);

    /* the port can be taken again although its connections have not been forgotten */
    SOCKET again = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(bind(again, (struct sockaddr *)&local, sizeof local), 0);
    closesocket(again);
    client = socket(AF_INET, SOCK_STREAM, 0);
    WSA(connect(client, (struct sockaddr *)&local, sizeof local), WSAECONNREFUSED);
    closesocket(client);
    client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(ioctlsocket(client, FIONBIO, &on), 0);
    if (connect(client, (struct sockaddr *)&local, sizeof local) == -1 && WSAGetLastError() == WSAEWOULDBLOCK) {
        CHECK(waits(client, 2, 1000000) == 1 && waits(client, 1, 0) == 0);
        int error = 0;
        length = sizeof error;
        CHECK_EQ(getsockopt(client, SOL_SOCKET, SO_ERROR, (char *)&error, &length), 0);
        CHECK_EQ(error, WSAECONNREFUSED);
    }
    closesocket(client);
}

static DWORD CALLBACK accepts(LPVOID server)
{
    return accept((SOCKET)(ULONG_PTR)server, NULL, NULL) == INVALID_SOCKET ? (DWORD)WSAGetLastError() : 0;
}

static DWORD CALLBACK receives(LPVOID s)
{
    char byte;
    return recv((SOCKET)(ULONG_PTR)s, &byte, 1, 0) == SOCKET_ERROR ? (DWORD)WSAGetLastError() : 0;
}

/* A thread that waits in a call on a socket is told that it was closed. */
static void close_under(SOCKET s, LPTHREAD_START_ROUTINE waits_in)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, waits_in, (LPVOID)(ULONG_PTR)s, 0, NULL);
    Sleep(50);
    CHECK_EQ(closesocket(s), 0);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && (code == WSAEINTR || code == WSAENOTSOCK));
    CloseHandle(thread);
}

static void closing(void)
{
    SOCKET server = listener(), client = socket(AF_INET, SOCK_STREAM, 0), datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET};
    CHECK_EQ(connect(client, (struct sockaddr *)&local, sizeof local), 0);
    close_under(client, receives);
    closesocket(accept(server, NULL, NULL));
    close_under(server, accepts);
    CHECK_EQ(bind(datagrams, (struct sockaddr *)&any, sizeof any), 0);
    close_under(datagrams, receives);
}

static DWORD CALLBACK polls(LPVOID s)
{
    WSAPOLLFD list = {(SOCKET)(ULONG_PTR)s, POLLIN, 0};
    return (DWORD)WSAPoll(&list, 1, 200);
}

/* A thread that is stopped and goes on waits on. */
static void stopped(void)
{
    DWORD code = 1;
    struct sockaddr_in any = {.sin_family = AF_INET};
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_EQ(bind(s, (struct sockaddr *)&any, sizeof any), 0);
    HANDLE thread = CreateThread(NULL, 0, polls, (LPVOID)(ULONG_PTR)s, 0, NULL);
    Sleep(50);
    CHECK_EQ(SuspendThread(thread), 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 0);
    CloseHandle(thread);
    closesocket(s);
}

static void messages(void)
{
    char text[8];
    int length = sizeof local;
    struct sockaddr_in from;
    SOCKET one = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP), two = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    local = (struct sockaddr_in){.sin_family = AF_INET};
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(one, (struct sockaddr *)&local, sizeof local), 0);
    CHECK_EQ(getsockname(one, (struct sockaddr *)&local, &length), 0);
    CHECK_EQ(sendto(two, "0123456789", 10, 0, (struct sockaddr *)&local, sizeof local), 10);
    length = sizeof from;
    WSA(recvfrom(one, text, 4, 0, (struct sockaddr *)&from, &length), WSAEMSGSIZE);
    CHECK(memcmp(text, "0123", 4) == 0 && length == sizeof from && from.sin_family == AF_INET);
    WSABUF many[100], back[100];
    char bytes[100], got[100] = "";
    DWORD count = 0, flags = 0;
    for (int i = 0; i < 100; i++) {
        bytes[i] = (char)(i + 1);
        many[i] = (WSABUF){1, bytes + i};
        back[i] = (WSABUF){1, got + i};
    }
    CHECK_EQ(WSASendTo(two, many, 100, &count, 0, (struct sockaddr *)&local, sizeof local, NULL, NULL), 0);
    CHECK_EQ(count, 100);
    CHECK_EQ(WSARecv(one, back, 100, &count, &flags, NULL, NULL), 0);
    CHECK(count == 100 && memcmp(bytes, got, 100) == 0);
    DWORD time = 30, before = GetTickCount();
    CHECK_EQ(setsockopt(one, SOL_SOCKET, SO_RCVTIMEO, (char *)&time, sizeof time), 0);
    WSA(recv(one, text, 4, 0), WSAETIMEDOUT);
    CHECK(GetTickCount() - before < 5000);
    closesocket(one);
    closesocket(two);
}

static void options(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int value = 1, length = sizeof value;
    struct linger linger = {1, 7}, back = {0, 0};
    CHECK_EQ(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof value), 0);
    value = 0;
    CHECK(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &length) == 0 && value != 0);
    CHECK(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&value, &length) == 0 && value == SOCK_STREAM);
    CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger), 0);
    length = sizeof back;
    CHECK(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&back, &length) == 0 && length == 4);
    CHECK(back.l_onoff && back.l_linger == 7);
    DWORD time = 1500;
    CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, (char *)&time, sizeof time), 0);
    length = sizeof value;
    CHECK(getsockopt(s, SOL_SOCKET, SO_SNDTIMEO, (char *)&value, &length) == 0 && value == 1500);
    int room[2] = {20000, 24000};
    CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&room[0], sizeof room[0]), 0);
    CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_SNDBUF, (char *)&room[1], sizeof room[1]), 0);
    CHECK(getsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&value, &length) == 0 && value == 20000);
    CHECK(getsockopt(s, SOL_SOCKET, SO_SNDBUF, (char *)&value, &length) == 0 && value == 24000);
    length = 2;
    WSA(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&value, &length), WSAEFAULT);
    CHECK_EQ(length, 2);
    length = sizeof value;
    WSA(getsockopt(s, SOL_SOCKET, 0x7777, (char *)&value, &length), WSAENOPROTOOPT);
    WSA(setsockopt(s, 1, 2, (char *)&value, sizeof value), WSAENOPROTOOPT); /* Linux' SO_REUSEADDR */
    WSAPOLLFD list[2] = {{s, POLLOUT, 0}, {INVALID_SOCKET, POLLIN, 0}};
    CHECK(WSAPoll(list, 2, 0) >= 0 && list[1].revents == 0);
    list[1].fd = (SOCKET)0x7ffc;
    CHECK(WSAPoll(list, 2, 0) >= 1 && list[1].revents == POLLNVAL);
    struct timeval none = {0, 0};
    WSA(select(0, NULL, NULL, NULL, &none), WSAEINVAL);
    closesocket(s);
}

static void six(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int only = 0, length = sizeof only;
    SOCKET s = socket(AF_INET6, SOCK_STREAM, 0);
    if (s == INVALID_SOCKET)
        return; /* a machine without it */
    CHECK(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &length) == 0 && only == 1);
    length = sizeof address;
    if (bind(s, (struct sockaddr *)&address, sizeof address) == 0) {
        CHECK_EQ(getsockname(s, (struct sockaddr *)&address, &length), 0);
        CHECK(address.sin6_family == 23 && IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) && address.sin6_port);
    }
    closesocket(s);
}

static DWORD CALLBACK asks(LPVOID context)
{
    struct in_addr other = {0};
    (void)context;
    return getservbyname("domain", NULL) && getprotobyname("udp") && gethostbyname("127.0.0.2") &&
           strcmp(inet_ntoa(other), "0.0.0.0") == 0;
}

/* What the old calls answer is the thread's own. */
static void answers(void)
{
    struct servent *service = getservbyname("http", "tcp");
    struct protoent *protocol = getprotobyname("tcp");
    struct hostent *host = gethostbyname("127.0.0.1");
    HANDLE thread = CreateThread(NULL, 0, asks, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    if (service) /* a machine may have no list of them */
        CHECK(strcmp(service->s_name, "http") == 0 && service->s_port == htons(80) && !strcmp(service->s_proto, "tcp"));
    if (protocol)
        CHECK(strcmp(protocol->p_name, "tcp") == 0 && protocol->p_proto == IPPROTO_TCP);
    CHECK(host && host->h_addr[3] == 1);
    WSA((getservbyname("no-such-service", NULL) ? 0 : -1), WSANO_DATA);
}

static void names(void)
{
    char text[64], service[16];
    struct in6_addr wide;
    struct in_addr narrow;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *list = NULL;
    CHECK(htons(0x1234) == 0x3412 && ntohl(0x01020304) == 0x04030201);
    CHECK(inet_pton(AF_INET6, "::1", &wide) == 1 && IN6_IS_ADDR_LOOPBACK(&wide));
    CHECK(inet_pton(AF_INET, "1.2.3", &narrow) == 0 && inet_pton(AF_INET, "1.2.3.4", &narrow) == 1);
    CHECK(strcmp(inet_ntoa(narrow), "1.2.3.4") == 0);
    WSA(inet_pton(77, "1.2.3.4", &narrow), WSAEAFNOSUPPORT);
    CHECK(inet_ntop(AF_INET6, &wide, text, sizeof text) && strcmp(text, "::1") == 0);
    CHECK(getaddrinfo("::1", "80", &hints, &list) == 0 && list->ai_family == 23 && list->ai_addr->sa_family == 23);
    CHECK(list->ai_addrlen == sizeof(struct sockaddr_in6) && list->ai_next == NULL);
    CHECK_EQ(getnameinfo(list->ai_addr, (int)list->ai_addrlen, text, sizeof text, service, sizeof service,
                         NI_NUMERICHOST | NI_NUMERICSERV),
             0);
    CHECK(strcmp(text, "::1") == 0 && strcmp(service, "80") == 0);
    freeaddrinfo(list);
    CHECK_EQ(getaddrinfo("not a number", NULL, &hints, &list), WSAHOST_NOT_FOUND);
    hints.ai_family = 99;
    CHECK_EQ(getaddrinfo("::1", NULL, &hints, &list), WSAEAFNOSUPPORT);
    CHECK(gethostname(text, sizeof text) == 0 && text[0]);
    WSA(gethostname(text, 1), WSAEFAULT);
    struct hostent *host = gethostbyname("127.0.0.1");
    CHECK(host && host->h_addrtype == AF_INET && host->h_length == 4 && host->h_addr[0] == 127);
}

/* What is asked of a socket, and the events that are everybody's. */
static void asked(void)
{
    SOCKET one = socket(AF_INET, SOCK_DGRAM, 0), two = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET};
    int length = sizeof here;
    ULONG number = 1;
    DWORD done = 9;
    char byte[4] = "abc";
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(one, (struct sockaddr *)&here, sizeof here) == 0);
    CHECK_EQ(getsockname(one, (struct sockaddr *)&here, &length), 0);
    CHECK(WSAIoctl(one, FIONBIO, &number, sizeof number, NULL, 0, &done, NULL, NULL) == 0 && done == 0);
    WSA(recv(one, byte, 1, 0), WSAEWOULDBLOCK);
    CHECK_EQ(connect(two, (struct sockaddr *)&here, sizeof here), 0);
    WSABUF part = {3, byte};
    CHECK(WSASend(two, &part, 1, &done, 0, NULL, NULL) == 0 && done == 3);
    CHECK(WSAIoctl(one, FIONREAD, NULL, 0, &number, sizeof number, &done, NULL, NULL) == 0 && number == 3 && done == 4);
    WSA(WSAIoctl(one, FIONREAD, NULL, 0, &number, 1, &done, NULL, NULL), WSAEFAULT);
    WSA(WSAIoctl(one, 0x98000099, NULL, 0, &number, sizeof number, &done, NULL, NULL), WSAEOPNOTSUPP);
    WSA(WSAIoctl(INVALID_SOCKET, FIONREAD, NULL, 0, &number, sizeof number, &done, NULL, NULL), WSAENOTSOCK);
    closesocket(one);
    closesocket(two);
    WSAEVENT event = WSACreateEvent();
    CHECK_EQ(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE), WAIT_TIMEOUT);
    CHECK(WSASetEvent(event) && WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WAIT_OBJECT_0);
    CHECK(WSAResetEvent(event) && WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WAIT_TIMEOUT);
    CHECK(WSACloseEvent(event));
    struct in_addr loop = {.s_addr = htonl(INADDR_LOOPBACK)};
    struct hostent *host = gethostbyaddr((const char *)&loop, sizeof loop, AF_INET);
    CHECK(host ? host->h_addrtype == AF_INET && host->h_length == 4 : WSAGetLastError() >= WSAHOST_NOT_FOUND);
    struct protoent *protocol = getprotobynumber(6);
    CHECK(protocol ? protocol->p_proto == 6 : WSAGetLastError() == WSANO_DATA);
    struct servent *service = getservbyport(htons(80), "tcp");
    CHECK(service ? service->s_port == (short)htons(80) : WSAGetLastError() == WSANO_DATA);
}

int main(void)
{
    start();
    connections();
    closing();
    stopped();
    messages();
    options();
    six();
    names();
    answers();
    asked();
    CHECK_EQ(WSACleanup(), 0);
    WSA(socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED);
    return CHECK_DONE();
}
