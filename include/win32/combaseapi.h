/* combaseapi.h: the task allocator, whose blocks are of the process heap, and identifiers. Of COM nothing else is here.
 */
#ifndef WINMEM_COMBASEAPI_H
#define WINMEM_COMBASEAPI_H

#include "guiddef.h"
#include "windef.h"

WINMEM_BEGIN_DECLS
WINBASEAPI LPVOID WINAPI CoTaskMemAlloc(SIZE_T cb);
WINBASEAPI LPVOID WINAPI CoTaskMemRealloc(LPVOID pv, SIZE_T cb);
WINBASEAPI VOID WINAPI CoTaskMemFree(LPVOID pv);
WINBASEAPI HRESULT WINAPI CoCreateGuid(GUID *pguid);
WINBASEAPI int WINAPI StringFromGUID2(REFGUID rguid, LPWSTR lpsz, int cchMax);
WINMEM_END_DECLS

#endif
