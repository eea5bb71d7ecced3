/* iphlpapi.h: see netioapi.h. */
#ifndef WINMEM_IPHLPAPI_H
#define WINMEM_IPHLPAPI_H

#include "netioapi.h"

#endif
