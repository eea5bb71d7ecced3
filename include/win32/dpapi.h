/* dpapi.h: secrets kept encrypted in memory, which is all of this header that is here. */
#ifndef WINMEM_DPAPI_H
#define WINMEM_DPAPI_H

#include "windef.h"

#define CRYPTPROTECTMEMORY_BLOCK_SIZE 16
#define CRYPTPROTECTMEMORY_SAME_PROCESS 0x00
#define CRYPTPROTECTMEMORY_CROSS_PROCESS 0x01
#define CRYPTPROTECTMEMORY_SAME_LOGON 0x02

WINMEM_BEGIN_DECLS
/* Of the sizes that are a multiple of the block size, in place; for this process only. Thread-safe. */
WINADVAPI BOOL WINAPI CryptProtectMemory(LPVOID pDataIn, DWORD cbDataIn, DWORD dwFlags);
WINADVAPI BOOL WINAPI CryptUnprotectMemory(LPVOID pDataIn, DWORD cbDataIn, DWORD dwFlags);
WINMEM_END_DECLS

#endif
