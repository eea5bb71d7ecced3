/* namedpipeapi.h: anonymous pipes (named ones are not here). */
#ifndef WINMEM_NAMEDPIPEAPI_H
#define WINMEM_NAMEDPIPEAPI_H

#include "minwinbase.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe, LPSECURITY_ATTRIBUTES lpPipeAttributes,
                                  DWORD nSize);
WINBASEAPI BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize, LPDWORD lpBytesRead,
                                     LPDWORD lpTotalBytesAvail, LPDWORD lpBytesLeftThisMessage);
WINMEM_END_DECLS

#endif
