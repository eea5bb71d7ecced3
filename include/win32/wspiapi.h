/* wspiapi.h: see ws2tcpip.h. */
#ifndef WINMEM_WSPIAPI_H
#define WINMEM_WSPIAPI_H

#include "ws2tcpip.h"

#endif
