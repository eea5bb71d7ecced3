/* tchar.h: generic text: the narrow flavour, and with UNICODE the wide one (which needs -fshort-wchar). */
#ifndef WINMEM_TCHAR_H
#define WINMEM_TCHAR_H

#include "winnt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#if defined(_UNICODE) && !defined(UNICODE)
#error "_UNICODE without UNICODE: define both before <windows.h>"
#endif

#define _T(text) __TEXT(text)
#define _TEXT(text) __TEXT(text)
typedef TCHAR _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR;
#ifdef UNICODE
typedef wint_t _TINT;
#define _TEOF WEOF
#define _tmain wmain
#define _tWinMain wWinMain
#define _tprintf wprintf
#define _tprintf_s wprintf_s
#define _ftprintf fwprintf
#define _tscanf wscanf
#define _tscanf_s wscanf_s
#define _ftscanf fwscanf
#define _ftscanf_s fwscanf_s
#define _stscanf swscanf
#define _stscanf_s swscanf_s
#define _ftprintf_s fwprintf_s
#define _stprintf _swprintf
#define _stprintf_s swprintf_s
#define _sntprintf _snwprintf
#define _vsntprintf _vsnwprintf
#define _vstprintf_s vswprintf_s
#define _vtprintf vwprintf
#define _vftprintf vfwprintf
#define _tcslen wcslen
#define _tcsnlen wcsnlen
#define _tcscpy wcscpy
#define _tcscpy_s wcscpy_s
#define _tcsncpy wcsncpy
#define _tcsncpy_s wcsncpy_s
#define _tcscat wcscat
#define _tcscat_s wcscat_s
#define _tcsncat wcsncat
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsicmp _wcsicmp
#define _tcsnicmp _wcsnicmp
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcspbrk wcspbrk
#define _tcsspn wcsspn
#define _tcscspn wcscspn
#define _tcstok_s wcstok_s
#define _tcsdup _wcsdup
#define _tcslwr _wcslwr
#define _tcsupr _wcsupr
#define _ttoi _wtoi
#define _ttol _wtol
#define _ttoi64 _wtoi64
#define _tstof _wtof
#define _tstoi _wtoi
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _tcstoi64 _wcstoi64
#define _tcstoui64 _wcstoui64
#define _tcstod wcstod
#define _tfopen _wfopen
#define _puttchar putwchar
#define _puttc putwc
#define _gettc getwc
#define _fputtc fputwc
#define _fgettc fgetwc
#define _putts _putws
#define _fputts fputws
#define _fgetts fgetws
#define _istalpha iswalpha
#define _istdigit iswdigit
#define _istspace iswspace
#define _istalnum iswalnum
#define _istupper iswupper
#define _istlower iswlower
#define _istxdigit iswxdigit
#define _istpunct iswpunct
#define _istprint iswprint
#define _totlower towlower
#define _totupper towupper
#else
typedef int _TINT;
#define _TEOF EOF
#define _tmain main
#define _tWinMain WinMain
#define _tprintf printf
#define _tprintf_s printf_s
#define _ftprintf fprintf
#define _tscanf scanf
#define _tscanf_s scanf_s
#define _ftscanf fscanf
#define _ftscanf_s fscanf_s
#define _stscanf sscanf
#define _stscanf_s sscanf_s
#define _ftprintf_s fprintf_s
#define _stprintf sprintf
#define _stprintf_s sprintf_s
#define _sntprintf _snprintf
#define _vsntprintf _vsnprintf
#define _vstprintf_s vsprintf_s
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _tcslen strlen
#define _tcsnlen strnlen
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcspbrk strpbrk
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcstok_s strtok_s
#define _tcsdup _strdup
#define _tcslwr _strlwr
#define _tcsupr _strupr
#define _ttoi atoi
#define _ttol atol
#define _ttoi64 _atoi64
#define _tstof atof
#define _tstoi atoi
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstoi64 _strtoi64
#define _tcstoui64 _strtoui64
#define _tcstod strtod
#define _tfopen fopen
#define _puttchar putchar
#define _puttc putc
#define _gettc getc
#define _fputtc fputc
#define _fgettc fgetc
#define _putts puts
#define _fputts fputs
#define _fgetts fgets
#define _istalpha isalpha
#define _istdigit isdigit
#define _istspace isspace
#define _istalnum isalnum
#define _istupper isupper
#define _istlower islower
#define _istxdigit isxdigit
#define _istpunct ispunct
#define _istprint isprint
#define _totlower tolower
#define _totupper toupper
#endif
#define _tcsclen _tcslen
#define _tcsnccmp _tcsncmp
#define _tcsnccpy _tcsncpy
#define _tcsinc(text) ((text) + 1)
#define _tcsdec(start, text) ((text) - 1)
#define _gettchar() _gettc(stdin)

#endif
