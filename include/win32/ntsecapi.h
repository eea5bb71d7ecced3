/* ntsecapi.h: RtlGenRandom, under the name that it is exported by. */
#ifndef WINMEM_NTSECAPI_H
#define WINMEM_NTSECAPI_H

#include "windef.h"

#define RtlGenRandom SystemFunction036

WINMEM_BEGIN_DECLS
/* Random bytes of the kernel. Thread-safe, async-signal-safe. */
WINBASEAPI BOOLEAN WINAPI RtlGenRandom(PVOID RandomBuffer, ULONG RandomBufferLength);
WINMEM_END_DECLS

#endif
