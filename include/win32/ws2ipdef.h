/* ws2ipdef.h: types of Windows Sockets. */
#ifndef WINMEM_WS2IPDEF_H
#define WINMEM_WS2IPDEF_H

#include "ws2tcpip.h"

#endif
