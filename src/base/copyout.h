/* copyout.h: how calls that fill a caller's text buffer answer: what fits is copied, with its NUL, and its length
 * without it is returned; else nothing is written, and the size that it needs is returned, NUL included. Calls
 * host/utf.h. */
#ifndef WINMEM_BASE_COPYOUT_H
#define WINMEM_BASE_COPYOUT_H

#include <stdint.h>
#include <string.h>
#include <windef.h>
#include <winnt.h>

#include "host/utf.h"

static inline DWORD copy_out(const char *text, LPSTR to, DWORD size)
{
    size_t length = strlen(text);
    if (length >= size)
        return (DWORD)length + 1;
    memmove(to, text, length + 1);
    return (DWORD)length;
}

static inline DWORD copy_out_wide(const char *text, LPWSTR to, DWORD size)
{
    size_t needed = host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)to, size, 0);
    return (DWORD)(needed > size ? needed : needed - 1);
}

#endif
