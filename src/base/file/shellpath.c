/* shellpath.c: paths as text (shlwapi.h): both separators count, as for every file name here. Calls the file system for
 * what exists. */
#include <shlwapi.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <windows.h>

#include "win32/win32.h"

static bool is_separator(unsigned unit)
{
    return unit == '\\' || unit == '/';
}

static unsigned lower(unsigned unit)
{
    return unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
}

static unsigned same(unsigned unit)
{
    return unit;
}

#define CHARACTER char
#define LPTEXT LPSTR
#define LPCTEXT LPCSTR
#define UNIT(unit) ((unsigned char)(unit))
#define NAME(name) name##A
#include "shellpath.inc"
#undef CHARACTER
#undef LPTEXT
#undef LPCTEXT
#undef UNIT
#undef NAME

#define CHARACTER WCHAR
#define LPTEXT LPWSTR
#define LPCTEXT LPCWSTR
#define UNIT(unit) ((unsigned)(unit))
#define NAME(name) name##W
#include "shellpath.inc"
