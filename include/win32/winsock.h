/* winsock.h: the first version's name for Windows Sockets. */
#ifndef WINMEM_WINSOCK_H
#define WINMEM_WINSOCK_H

#include "winsock2.h"

#endif
