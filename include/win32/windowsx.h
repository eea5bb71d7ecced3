/* windowsx.h: the macros on memory; windows are not here. */
#ifndef WINMEM_WINDOWSX_H
#define WINMEM_WINDOWSX_H

#include "winbase.h"

#define GlobalPtrHandle(memory) ((HGLOBAL)GlobalHandle(memory))
#define GlobalLockPtr(memory) ((BOOL)(GlobalLock(GlobalPtrHandle(memory)) != NULL))
#define GlobalUnlockPtr(memory) GlobalUnlock(GlobalPtrHandle(memory))
#define GlobalAllocPtr(flags, size) (GlobalLock(GlobalAlloc((flags), (size))))
#define GlobalReAllocPtr(memory, size, flags) \
    (GlobalUnlockPtr(memory), GlobalLock(GlobalReAlloc(GlobalPtrHandle(memory), (size), (flags))))
#define GlobalFreePtr(memory) (GlobalUnlockPtr(memory), (BOOL)(ULONG_PTR)GlobalFree(GlobalPtrHandle(memory)))

#endif
