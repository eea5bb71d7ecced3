/* in6addr.h: types of Windows Sockets. */
#ifndef WINMEM_IN6ADDR_H
#define WINMEM_IN6ADDR_H

#include "ws2tcpip.h"

#endif
