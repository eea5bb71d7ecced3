/* wide.h: the wide C library for 16-bit characters, as <wchar.h> of include/win32 leads to it. */
#ifndef WINMEM_BASE_WIDE_H
#define WINMEM_BASE_WIDE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <winnt.h>

#pragma GCC visibility push(default)
size_t winmem_wcslen(const WCHAR *text);
size_t winmem_wcsnlen(const WCHAR *text, size_t most);
WCHAR *winmem_wcscpy(WCHAR *to, const WCHAR *from);
WCHAR *winmem_wcsncpy(WCHAR *to, const WCHAR *from, size_t count);
WCHAR *winmem_wcscat(WCHAR *to, const WCHAR *from);
WCHAR *winmem_wcsncat(WCHAR *to, const WCHAR *from, size_t count);
int winmem_wcscmp(const WCHAR *left, const WCHAR *right);
int winmem_wcsncmp(const WCHAR *left, const WCHAR *right, size_t count);
int winmem_wcscasecmp(const WCHAR *left, const WCHAR *right);
int winmem_wcsncasecmp(const WCHAR *left, const WCHAR *right, size_t count);
int winmem_wcscoll(const WCHAR *left, const WCHAR *right);
WCHAR *winmem_wcsdup(const WCHAR *text);
WCHAR *winmem_wcschr(const WCHAR *text, WCHAR wanted);
WCHAR *winmem_wcsrchr(const WCHAR *text, WCHAR wanted);
size_t winmem_wcsspn(const WCHAR *text, const WCHAR *set);
size_t winmem_wcscspn(const WCHAR *text, const WCHAR *set);
WCHAR *winmem_wcspbrk(const WCHAR *text, const WCHAR *set);
WCHAR *winmem_wcsstr(const WCHAR *text, const WCHAR *wanted);
WCHAR *winmem_wcstok(WCHAR *text, const WCHAR *set, WCHAR **state);
WCHAR *winmem_wmemchr(const WCHAR *text, WCHAR wanted, size_t count);
int winmem_wmemcmp(const WCHAR *left, const WCHAR *right, size_t count);
WCHAR *winmem_wmemcpy(WCHAR *to, const WCHAR *from, size_t count);
WCHAR *winmem_wmemmove(WCHAR *to, const WCHAR *from, size_t count);
WCHAR *winmem_wmemset(WCHAR *to, WCHAR value, size_t count);
long winmem_wcstol(const WCHAR *text, WCHAR **end, int base);
unsigned long winmem_wcstoul(const WCHAR *text, WCHAR **end, int base);
long long winmem_wcstoll(const WCHAR *text, WCHAR **end, int base);
unsigned long long winmem_wcstoull(const WCHAR *text, WCHAR **end, int base);
double winmem_wcstod(const WCHAR *text, WCHAR **end);
float winmem_wcstof(const WCHAR *text, WCHAR **end);
int winmem_btowc(int byte);
int winmem_wctob(unsigned wide);
size_t winmem_mbstowcs(WCHAR *to, const char *from, size_t count);
size_t winmem_wcstombs(char *to, const WCHAR *from, size_t count);
int winmem_mbtowc(WCHAR *to, const char *from, size_t count);
int winmem_wctomb(char *to, WCHAR wide);
WCHAR *winmem_wgetenv(const WCHAR *name);
int winmem_wputenv_s(const WCHAR *name, const WCHAR *value);

int winmem_printf(const char *format, ...);
int winmem_fprintf(FILE *file, const char *format, ...);
int winmem_sprintf(char *to, const char *format, ...);
int winmem_snprintf(char *to, size_t size, const char *format, ...);
int winmem_vprintf(const char *format, va_list list);
int winmem_vfprintf(FILE *file, const char *format, va_list list);
int winmem_vsprintf(char *to, const char *format, va_list list);
int winmem_vsnprintf(char *to, size_t size, const char *format, va_list list);
int winmem_wprintf(const WCHAR *format, ...);
int winmem_fwprintf(FILE *file, const WCHAR *format, ...);
int winmem_swprintf(WCHAR *to, size_t size, const WCHAR *format, ...);
int winmem_vwprintf(const WCHAR *format, va_list list);
int winmem_vfwprintf(FILE *file, const WCHAR *format, va_list list);
int winmem_vswprintf(WCHAR *to, size_t size, const WCHAR *format, va_list list);
int winmem_fputws(const WCHAR *text, FILE *file);
unsigned winmem_fputwc(WCHAR wide, FILE *file);
unsigned winmem_putwc(WCHAR wide, FILE *file);
unsigned winmem_putwchar(WCHAR wide);
WCHAR *winmem_fgetws(WCHAR *to, int size, FILE *file);
unsigned winmem_fgetwc(FILE *file);
unsigned winmem_getwc(FILE *file);
unsigned winmem_getwchar(void);
FILE *winmem_fopen(const char *path, const char *mode);
FILE *winmem_wfopen(const WCHAR *path, const WCHAR *mode);
#pragma GCC visibility pop

#endif
