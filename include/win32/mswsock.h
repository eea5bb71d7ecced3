/* mswsock.h: the options that are Microsoft's own are in winsock2.h. */
#ifndef WINMEM_MSWSOCK_H
#define WINMEM_MSWSOCK_H

#include "winsock2.h"

#endif
