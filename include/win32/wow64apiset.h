/* wow64apiset.h: whether a process is one of 32 bits: never. */
#ifndef WINMEM_WOW64APISET_H
#define WINMEM_WOW64APISET_H

#include "minwinbase.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI IsWow64Process(HANDLE hProcess, PBOOL Wow64Process);
WINBASEAPI BOOL WINAPI IsWow64Process2(HANDLE hProcess, USHORT *pProcessMachine, USHORT *pNativeMachine);
WINMEM_END_DECLS

#endif
