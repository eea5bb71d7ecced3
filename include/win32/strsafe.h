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
#define STRSAFE_MAX_LENGTH (STRSAFE_MAX_CCH - 1)
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)
/* Flags of the Ex forms; their low byte is what to fill with. */
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_VALID_FLAGS 0x00001FFF
#define STRSAFE_FILL_BYTE(byte) ((DWORD)(((byte)&0xFF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(byte) ((DWORD)(((byte)&0xFF) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_GET_FILL_PATTERN(flags) ((int)((flags)&0xFF))
#define WINMEM_STRSAFE static __inline__ __attribute__((__unused__))

#define WINMEM_STRSAFE_CHAR char
#define WINMEM_STRSAFE_NAME(name) name##A
#define WINMEM_STRSAFE_FORMAT vsnprintf
#define WINMEM_STRSAFE_GETC() getc(stdin)
#include "winmem_strsafe.h"
#undef WINMEM_STRSAFE_CHAR
#undef WINMEM_STRSAFE_NAME
#undef WINMEM_STRSAFE_FORMAT
#undef WINMEM_STRSAFE_GETC
#define WINMEM_STRSAFE_CHAR WCHAR
#define WINMEM_STRSAFE_NAME(name) name##W
#if __SIZEOF_WCHAR_T__ == 2
#define WINMEM_STRSAFE_FORMAT vswprintf
#define WINMEM_STRSAFE_GETC() ((int)(short)getwchar())
#endif
#include "winmem_strsafe.h"
#undef WINMEM_STRSAFE_CHAR
#undef WINMEM_STRSAFE_NAME
#undef WINMEM_STRSAFE_FORMAT
#undef WINMEM_STRSAFE_GETC

#ifdef UNICODE
#define StringCchLength StringCchLengthW
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCopyEx StringCchCopyExW
#define StringCchCopyNEx StringCchCopyNExW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchCatEx StringCchCatExW
#define StringCchCatNEx StringCchCatNExW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchVPrintfEx StringCchVPrintfExW
#define StringCchPrintf StringCchPrintfW
#define StringCchPrintfEx StringCchPrintfExW
#define StringCchGets StringCchGetsW
#define StringCchGetsEx StringCchGetsExW
#define StringCbLength StringCbLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCopyEx StringCbCopyExW
#define StringCbCopyNEx StringCbCopyNExW
#define StringCbCat StringCbCatW
#define StringCbCatN StringCbCatNW
#define StringCbCatEx StringCbCatExW
#define StringCbCatNEx StringCbCatNExW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbVPrintfEx StringCbVPrintfExW
#define StringCbPrintf StringCbPrintfW
#define StringCbPrintfEx StringCbPrintfExW
#define StringCbGets StringCbGetsW
#define StringCbGetsEx StringCbGetsExW
#else
#define StringCchLength StringCchLengthA
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCopyEx StringCchCopyExA
#define StringCchCopyNEx StringCchCopyNExA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchCatEx StringCchCatExA
#define StringCchCatNEx StringCchCatNExA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchVPrintfEx StringCchVPrintfExA
#define StringCchPrintf StringCchPrintfA
#define StringCchPrintfEx StringCchPrintfExA
#define StringCchGets StringCchGetsA
#define StringCchGetsEx StringCchGetsExA
#define StringCbLength StringCbLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCopyEx StringCbCopyExA
#define StringCbCopyNEx StringCbCopyNExA
#define StringCbCat StringCbCatA
#define StringCbCatN StringCbCatNA
#define StringCbCatEx StringCbCatExA
#define StringCbCatNEx StringCbCatNExA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbVPrintfEx StringCbVPrintfExA
#define StringCbPrintf StringCbPrintfA
#define StringCbPrintfEx StringCbPrintfExA
#define StringCbGets StringCbGetsA
#define StringCbGetsEx StringCbGetsExA
#endif

#endif
