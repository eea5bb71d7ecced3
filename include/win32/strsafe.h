/* strsafe.h: string functions that know the size of their target and always terminate it. */
#ifndef WINMEM_STRSAFE_H
#define WINMEM_STRSAFE_H

#include "winerror.h"
#include "winnt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)
#define WINMEM_STRSAFE static __inline__ __attribute__((__unused__))

WINMEM_STRSAFE HRESULT StringCchLengthA(const char *text, size_t most, size_t *length)
{
    size_t count = 0;
    while (text && count < most && text[count])
        count++;
    int bad = !text || most > STRSAFE_MAX_CCH || count == most;
    if (length)
        *length = bad ? 0 : count;
    return bad ? STRSAFE_E_INVALID_PARAMETER : S_OK;
}
WINMEM_STRSAFE HRESULT StringCchCopyNA(char *to, size_t size, const char *from, size_t most)
{
    size_t count = 0;
    if (size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    for (; count < size - 1 && count < most && from[count]; count++)
        to[count] = from[count];
    to[count] = 0;
    return count < most && from[count] ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}
WINMEM_STRSAFE HRESULT StringCchCopyA(char *to, size_t size, const char *from)
{
    return StringCchCopyNA(to, size, from, STRSAFE_MAX_CCH);
}
WINMEM_STRSAFE HRESULT StringCchCatNA(char *to, size_t size, const char *from, size_t most)
{
    size_t length;
    HRESULT result = StringCchLengthA(to, size, &length);
    return FAILED(result) ? result : StringCchCopyNA(to + length, size - length, from, most);
}
WINMEM_STRSAFE HRESULT StringCchCatA(char *to, size_t size, const char *from)
{
    return StringCchCatNA(to, size, from, STRSAFE_MAX_CCH);
}
WINMEM_STRSAFE HRESULT StringCchVPrintfA(char *to, size_t size, const char *format, va_list list)
{
    if (size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    int count = vsnprintf(to, size, format, list);
    to[size - 1] = 0;
    return count < 0 || (size_t)count >= size ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}
WINMEM_STRSAFE HRESULT StringCchPrintfA(char *to, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    HRESULT result = StringCchVPrintfA(to, size, format, list);
    va_end(list);
    return result;
}
WINMEM_STRSAFE HRESULT StringCchLengthW(const WCHAR *text, size_t most, size_t *length)
{
    size_t count = 0;
    while (text && count < most && text[count])
        count++;
    int bad = !text || most > STRSAFE_MAX_CCH || count == most;
    if (length)
        *length = bad ? 0 : count;
    return bad ? STRSAFE_E_INVALID_PARAMETER : S_OK;
}
WINMEM_STRSAFE HRESULT StringCchCopyNW(WCHAR *to, size_t size, const WCHAR *from, size_t most)
{
    size_t count = 0;
    if (size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    for (; count < size - 1 && count < most && from[count]; count++)
        to[count] = from[count];
    to[count] = 0;
    return count < most && from[count] ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}
WINMEM_STRSAFE HRESULT StringCchCopyW(WCHAR *to, size_t size, const WCHAR *from)
{
    return StringCchCopyNW(to, size, from, STRSAFE_MAX_CCH);
}
WINMEM_STRSAFE HRESULT StringCchCatNW(WCHAR *to, size_t size, const WCHAR *from, size_t most)
{
    size_t length;
    HRESULT result = StringCchLengthW(to, size, &length);
    return FAILED(result) ? result : StringCchCopyNW(to + length, size - length, from, most);
}
WINMEM_STRSAFE HRESULT StringCchCatW(WCHAR *to, size_t size, const WCHAR *from)
{
    return StringCchCatNW(to, size, from, STRSAFE_MAX_CCH);
}
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_STRSAFE HRESULT StringCchVPrintfW(WCHAR *to, size_t size, const WCHAR *format, va_list list)
{
    if (size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    int count = vswprintf(to, size, format, list);
    to[size - 1] = 0;
    return count < 0 || (size_t)count >= size ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}
WINMEM_STRSAFE HRESULT StringCchPrintfW(WCHAR *to, size_t size, const WCHAR *format, ...)
{
    va_list list;
    va_start(list, format);
    HRESULT result = StringCchVPrintfW(to, size, format, list);
    va_end(list);
    return result;
}
#endif
#define StringCbCopyA(to, bytes, from) StringCchCopyA((to), (bytes), (from))
#define StringCbCatA(to, bytes, from) StringCchCatA((to), (bytes), (from))
#define StringCbPrintfA(to, bytes, ...) StringCchPrintfA((to), (bytes), __VA_ARGS__)
#define StringCbVPrintfA(to, bytes, format, list) StringCchVPrintfA((to), (bytes), (format), (list))
#define StringCbCopyW(to, bytes, from) StringCchCopyW((to), (bytes) / sizeof(WCHAR), (from))
#define StringCbCatW(to, bytes, from) StringCchCatW((to), (bytes) / sizeof(WCHAR), (from))
#define StringCbPrintfW(to, bytes, ...) StringCchPrintfW((to), (bytes) / sizeof(WCHAR), __VA_ARGS__)
#define StringCbVPrintfW(to, bytes, format, list) StringCchVPrintfW((to), (bytes) / sizeof(WCHAR), (format), (list))
#ifdef UNICODE
#define StringCchLength StringCchLengthW
#define StringCchCopyN StringCchCopyNW
#define StringCchCopy StringCchCopyW
#define StringCchCatN StringCchCatNW
#define StringCchCat StringCchCatW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchPrintf StringCchPrintfW
#define StringCbCopy StringCbCopyW
#define StringCbCat StringCbCatW
#define StringCbPrintf StringCbPrintfW
#define StringCbVPrintf StringCbVPrintfW
#else
#define StringCchLength StringCchLengthA
#define StringCchCopyN StringCchCopyNA
#define StringCchCopy StringCchCopyA
#define StringCchCatN StringCchCatNA
#define StringCchCat StringCchCatA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchPrintf StringCchPrintfA
#define StringCbCopy StringCbCopyA
#define StringCbCat StringCbCatA
#define StringCbPrintf StringCbPrintfA
#define StringCbVPrintf StringCbVPrintfA
#endif

#endif
