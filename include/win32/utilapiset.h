/* utilapiset.h: pointers in disguise. */
#ifndef WINMEM_UTILAPISET_H
#define WINMEM_UTILAPISET_H

#include "minwinbase.h"

WINMEM_BEGIN_DECLS
WINBASEAPI PVOID WINAPI EncodePointer(PVOID Ptr);
WINBASEAPI PVOID WINAPI EncodeSystemPointer(PVOID Ptr);
WINBASEAPI PVOID WINAPI DecodeSystemPointer(PVOID Ptr);
WINBASEAPI PVOID WINAPI DecodePointer(PVOID Ptr);
WINMEM_END_DECLS

#endif
