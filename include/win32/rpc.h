/* rpc.h: of remote procedure calls, the making of identifiers. */
#ifndef WINMEM_RPC_H
#define WINMEM_RPC_H

#include "rpcdce.h"

#endif
