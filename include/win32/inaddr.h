/* inaddr.h: types of Windows Sockets. */
#ifndef WINMEM_INADDR_H
#define WINMEM_INADDR_H

#include "winsock2.h"

#endif
