/* taskmem.c: the task allocator and texts with their length in front: blocks of the process heap. */
#include <heapapi.h>
#include <oleauto.h>
#include <string.h>

#include "base/text/wide.h"

LPVOID CoTaskMemAlloc(SIZE_T size)
{
    return HeapAlloc(GetProcessHeap(), 0, size);
}

/* A size of 0 frees the block and gives NULL, as documented. */
LPVOID CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
    if (!memory)
        return CoTaskMemAlloc(size);
    if (size)
        return HeapReAlloc(GetProcessHeap(), 0, memory, size);
    CoTaskMemFree(memory);
    return NULL;
}

VOID CoTaskMemFree(LPVOID memory)
{
    if (memory)
        HeapFree(GetProcessHeap(), 0, memory);
}

/* ---- the count is a DWORD; the text is aligned as the block is ---- */

#define HEAD 16

static BSTR make(const void *from, SIZE_T bytes)
{
    if (bytes > 0x7FFFFFF0)
        return NULL;
    char *block = HeapAlloc(GetProcessHeap(), 0, HEAD + bytes + sizeof(OLECHAR));
    if (!block)
        return NULL;
    DWORD count = (DWORD)bytes;
    memcpy(block + HEAD - sizeof count, &count, sizeof count);
    if (from)
        memcpy(block + HEAD, from, bytes);
    memset(block + HEAD + bytes, 0, sizeof(OLECHAR));
    return (BSTR)(block + HEAD);
}

BSTR SysAllocString(const OLECHAR *text)
{
    return text ? make(text, winmem_wcslen(text) * sizeof(OLECHAR)) : NULL;
}

BSTR SysAllocStringLen(const OLECHAR *text, UINT length)
{
    return make(text, (SIZE_T)length * sizeof(OLECHAR));
}

BSTR SysAllocStringByteLen(LPCSTR bytes, UINT length)
{
    return make(bytes, length);
}

/* The old text may be part of the new one. */
INT SysReAllocStringLen(BSTR *string, const OLECHAR *text, UINT length)
{
    BSTR made = SysAllocStringLen(text, length);
    if (!made)
        return FALSE;
    if (!text && *string) /* keeps what it had, as far as it reaches */
        memcpy(made, *string, (SysStringLen(*string) < length ? SysStringLen(*string) : length) * sizeof(OLECHAR));
    SysFreeString(*string);
    *string = made;
    return TRUE;
}

INT SysReAllocString(BSTR *string, const OLECHAR *text)
{
    BSTR made = SysAllocString(text);
    if (text && !made)
        return FALSE;
    SysFreeString(*string);
    *string = made;
    return TRUE;
}

VOID SysFreeString(BSTR string)
{
    if (string)
        HeapFree(GetProcessHeap(), 0, (char *)string - HEAD);
}

UINT SysStringByteLen(BSTR string)
{
    DWORD count = 0;
    if (string)
        memcpy(&count, (char *)string - sizeof count, sizeof count);
    return count;
}

UINT SysStringLen(BSTR string)
{
    return SysStringByteLen(string) / (UINT)sizeof(OLECHAR);
}
