/* mswsock.h: the options that are Microsoft's own are in winsock2.h. Here are the types and names of the extension
 * functions, with which programs ask for them; none is there (WSAIoctl says WSAEOPNOTSUPP). */
#ifndef WINMEM_MSWSOCK_H
#define WINMEM_MSWSOCK_H

#include "guiddef.h"
#include "winsock2.h"

#ifndef SIO_GET_EXTENSION_FUNCTION_POINTER
#define SIO_GET_EXTENSION_FUNCTION_POINTER 0xC8000006
#endif

#define TF_DISCONNECT 0x01
#define TF_REUSE_SOCKET 0x02
#define TF_WRITE_BEHIND 0x04
#define TF_USE_DEFAULT_WORKER 0x00
#define TF_USE_SYSTEM_THREAD 0x10
#define TF_USE_KERNEL_APC 0x20

typedef struct _TRANSMIT_FILE_BUFFERS {
    LPVOID Head;
    DWORD HeadLength;
    LPVOID Tail;
    DWORD TailLength;
} TRANSMIT_FILE_BUFFERS, *PTRANSMIT_FILE_BUFFERS, *LPTRANSMIT_FILE_BUFFERS;

#define WSAID_ACCEPTEX                                                                                                 \
    {                                                                                                                  \
        0xb5367df1, 0xcbac, 0x11cf,                                                                                    \
        {                                                                                                              \
            0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92                                                             \
        }                                                                                                              \
    }
#define WSAID_GETACCEPTEXSOCKADDRS                                                                                     \
    {                                                                                                                  \
        0xb5367df2, 0xcbac, 0x11cf,                                                                                    \
        {                                                                                                              \
            0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92                                                             \
        }                                                                                                              \
    }
#define WSAID_TRANSMITFILE                                                                                             \
    {                                                                                                                  \
        0xb5367df0, 0xcbac, 0x11cf,                                                                                    \
        {                                                                                                              \
            0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92                                                             \
        }                                                                                                              \
    }
#define WSAID_CONNECTEX                                                                                                \
    {                                                                                                                  \
        0x25a207b9, 0xddf3, 0x4660,                                                                                    \
        {                                                                                                              \
            0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e                                                             \
        }                                                                                                              \
    }
#define WSAID_DISCONNECTEX                                                                                             \
    {                                                                                                                  \
        0x7fda2e11, 0x8630, 0x436f,                                                                                    \
        {                                                                                                              \
            0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57                                                             \
        }                                                                                                              \
    }

typedef BOOL(PASCAL *LPFN_ACCEPTEX)(SOCKET sListenSocket, SOCKET sAcceptSocket, PVOID lpOutputBuffer,
                                    DWORD dwReceiveDataLength, DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                                    LPDWORD lpdwBytesReceived, LPOVERLAPPED lpOverlapped);
typedef VOID(PASCAL *LPFN_GETACCEPTEXSOCKADDRS)(PVOID lpOutputBuffer, DWORD dwReceiveDataLength,
                                                DWORD dwLocalAddressLength, DWORD dwRemoteAddressLength,
                                                struct sockaddr **LocalSockaddr, LPINT LocalSockaddrLength,
                                                struct sockaddr **RemoteSockaddr, LPINT RemoteSockaddrLength);
typedef BOOL(PASCAL *LPFN_CONNECTEX)(SOCKET s, const struct sockaddr *name, int namelen, PVOID lpSendBuffer,
                                     DWORD dwSendDataLength, LPDWORD lpdwBytesSent, LPOVERLAPPED lpOverlapped);
typedef BOOL(PASCAL *LPFN_DISCONNECTEX)(SOCKET s, LPOVERLAPPED lpOverlapped, DWORD dwFlags, DWORD dwReserved);
typedef BOOL(PASCAL *LPFN_TRANSMITFILE)(SOCKET hSocket, HANDLE hFile, DWORD nNumberOfBytesToWrite,
                                        DWORD nNumberOfBytesPerSend, LPOVERLAPPED lpOverlapped,
                                        LPTRANSMIT_FILE_BUFFERS lpTransmitBuffers, DWORD dwReserved);

#endif
