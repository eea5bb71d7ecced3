/* afunix.h: names of local sockets. */
#ifndef WINMEM_AFUNIX_H
#define WINMEM_AFUNIX_H

#include "winsock2.h"

#define UNIX_PATH_MAX 108
typedef struct sockaddr_un {
    ADDRESS_FAMILY sun_family;
    char sun_path[UNIX_PATH_MAX];
} SOCKADDR_UN, *PSOCKADDR_UN;

#endif
