/* tchar.h: generic text, ANSI flavour; the wide one for what needs no 16-bit C library. */
#ifndef WINMEM_TCHAR_H
#define WINMEM_TCHAR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "winnt.h"

#define _T(text) __TEXT(text)
#define _TEXT(text) __TEXT(text)
typedef TCHAR _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR, _TINT;
#ifndef UNICODE
#define _tmain main
#define _tprintf printf
#define _ftprintf fprintf
#define _stprintf sprintf
#define _sntprintf snprintf
#define _vtprintf vprintf
#define _tcslen strlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcscat strcat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp strcasecmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _ttoi atoi
#define _tcstol strtol
#define _tcstoul strtoul
#define _tfopen fopen
#define _puttchar putchar
#define _putts puts
#define _fputts fputs
#define _fgetts fgets
#endif

#endif
