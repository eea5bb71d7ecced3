/* fibersapi.h: fiber-local storage (fibers themselves are not here). */
#ifndef WINMEM_FIBERSAPI_H
#define WINMEM_FIBERSAPI_H

#include "minwinbase.h"

#ifndef FLS_OUT_OF_INDEXES
#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)
#endif

WINMEM_BEGIN_DECLS
WINBASEAPI DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
WINBASEAPI PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
WINBASEAPI BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
WINBASEAPI BOOL WINAPI FlsFree(DWORD dwFlsIndex);
WINBASEAPI BOOL WINAPI IsThreadAFiber(VOID);
WINMEM_END_DECLS

#endif
