/* netioapi.h: how adapters of a network are numbered. Calls that tell of them are not declared. */
#ifndef WINMEM_NETIOAPI_H
#define WINMEM_NETIOAPI_H

#include "windef.h"

typedef ULONG NET_IFINDEX, *PNET_IFINDEX;
typedef NET_IFINDEX IF_INDEX, *PIF_INDEX;
#define NET_IFINDEX_UNSPECIFIED ((NET_IFINDEX)0)
#define IFI_UNSPECIFIED NET_IFINDEX_UNSPECIFIED
#define NDIS_IF_MAX_STRING_SIZE 256
#define IF_MAX_STRING_SIZE NDIS_IF_MAX_STRING_SIZE
#ifndef IF_NAMESIZE
#define IF_NAMESIZE NDIS_IF_MAX_STRING_SIZE
#endif
#define NETIOAPI_API_ WINAPI

#endif
