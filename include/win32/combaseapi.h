/* combaseapi.h: the task allocator: blocks of the process heap. Of COM nothing else is here. */
#ifndef WINMEM_COMBASEAPI_H
#define WINMEM_COMBASEAPI_H

#include "windef.h"

WINMEM_BEGIN_DECLS
WINBASEAPI LPVOID WINAPI CoTaskMemAlloc(SIZE_T cb);
WINBASEAPI LPVOID WINAPI CoTaskMemRealloc(LPVOID pv, SIZE_T cb);
WINBASEAPI VOID WINAPI CoTaskMemFree(LPVOID pv);
WINMEM_END_DECLS

#endif
