/* profileapi.h: the fine clock. */
#ifndef WINMEM_PROFILEAPI_H
#define WINMEM_PROFILEAPI_H

#include "minwinbase.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
WINBASEAPI BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);
WINMEM_END_DECLS

#endif
