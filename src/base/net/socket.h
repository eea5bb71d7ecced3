/* socket.h: what the files of Windows Sockets share: its values, which are not the system's, and its errors. Linux's
 * own headers of sockets are included here; <winsock2.h> never is, since both name the same things. */
#ifndef WINMEM_BASE_SOCKET_H
#define WINMEM_BASE_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>
#include <winerror.h>

#include "ob/file.h"

typedef UINT_PTR base_socket;
#define NO_SOCKET (~(base_socket)0)
#define SOCKET_FAILED (-1)
#define WINDOWS_INET6 23 /* AF_INET6 */

/* Of a failed call: the last error from errno, or of Windows' own. Both return SOCKET_FAILED. */
int base_socket_errno(int error);
int base_socket_error(DWORD error);
DWORD base_socket_code(int error);

/* The file behind a socket, referenced; NULL with the last error: WSAStartup was not called, or it is none. */
struct ob_file *base_socket_of(base_socket handle);
/* After a call that could wait: its error when it failed, WSAEINTR when the socket was closed meanwhile. Lets go. */
int base_socket_end(struct ob_file *file, long result);
bool base_socket_started(void);

/* Addresses: the same but for the number of a family. `from` fails with WSAEFAULT when the caller's room is short. */
socklen_t base_address_to_linux(const void *address, int length, struct sockaddr_storage *to);
bool base_address_from_linux(const struct sockaddr_storage *from, socklen_t length, void *address, int *room);

/* The declarations of what is exported are those of <winsock2.h>. */
#define base_exported __attribute__((visibility("default")))
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#endif
