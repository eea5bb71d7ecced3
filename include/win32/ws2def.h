/* ws2def.h: types of Windows Sockets. */
#ifndef WINMEM_WS2DEF_H
#define WINMEM_WS2DEF_H

#include "winsock2.h"

#endif
