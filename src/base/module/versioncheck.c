/* versioncheck.c: whether the version that is kept to meets what a program asks of it. Sets the last error. */
#include <string.h>
#include <winbase.h>
#include <winerror.h>

#include "host/utf.h"
#include "win32/win32.h"

#define CONDITION_BITS 3

/* A type is one bit; its condition stands in three bits of the mask, in the order of the types. */
ULONGLONG VerSetConditionMask(ULONGLONG mask, DWORD type, BYTE condition)
{
    condition &= (1 << CONDITION_BITS) - 1;
    if (!type || !condition)
        return 0;
    for (unsigned bit = 0; bit < 8; bit++)
        if (type >> bit & 1)
            mask |= (ULONGLONG)condition << (bit * CONDITION_BITS);
    return mask;
}

static unsigned condition_of(ULONGLONG mask, DWORD type)
{
    return (unsigned)(mask >> ((unsigned)__builtin_ctz(type) * CONDITION_BITS)) & ((1 << CONDITION_BITS) - 1);
}

static bool meets(DWORD have, DWORD want, unsigned condition)
{
    switch (condition) {
    case VER_EQUAL:
        return have == want;
    case VER_GREATER:
        return have > want;
    case VER_GREATER_EQUAL:
        return have >= want;
    case VER_LESS:
        return have < want;
    case VER_LESS_EQUAL:
        return have <= want;
    default:
        return false;
    }
}

/* Major, minor and the service pack's two numbers are one number: what is decided higher up is not asked below. */
static bool meets_version(const OSVERSIONINFOEXW *have, const OSVERSIONINFOEXW *want, DWORD types, ULONGLONG mask)
{
    const struct {
        DWORD type, have, want;
    } part[] = {{VER_MAJORVERSION, have->dwMajorVersion, want->dwMajorVersion},
                {VER_MINORVERSION, have->dwMinorVersion, want->dwMinorVersion},
                {VER_SERVICEPACKMAJOR, have->wServicePackMajor, want->wServicePackMajor},
                {VER_SERVICEPACKMINOR, have->wServicePackMinor, want->wServicePackMinor}};
    bool met = true;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (!(types & part[i].type))
            continue;
        unsigned condition = condition_of(mask, part[i].type);
        met = meets(part[i].have, part[i].want, condition);
        if (part[i].have != part[i].want)
            return met;
    }
    return met;
}

static bool meets_suite(WORD have, WORD want, unsigned condition)
{
    return condition == VER_AND ? (have & want) == want : condition == VER_OR && (!want || (have & want));
}

BOOL VerifyVersionInfoW(LPOSVERSIONINFOEXW want, DWORD types, DWORDLONG mask)
{
    OSVERSIONINFOEXW have = {.dwOSVersionInfoSize = sizeof have};
    if (!types || !mask || types & ~0xFFu)
        return win32_error(ERROR_INVALID_PARAMETER);
    GetVersionExW((LPOSVERSIONINFOW)&have);
    bool met = meets_version(&have, want, types, mask);
    if (types & VER_BUILDNUMBER)
        met = met && meets(have.dwBuildNumber, want->dwBuildNumber, condition_of(mask, VER_BUILDNUMBER));
    if (types & VER_PLATFORMID)
        met = met && meets(have.dwPlatformId, want->dwPlatformId, condition_of(mask, VER_PLATFORMID));
    if (types & VER_PRODUCT_TYPE)
        met = met && meets(have.wProductType, want->wProductType, condition_of(mask, VER_PRODUCT_TYPE));
    if (types & VER_SUITENAME)
        met = met && meets_suite(have.wSuiteMask, want->wSuiteMask, condition_of(mask, VER_SUITENAME));
    return met ? TRUE : win32_error(ERROR_OLD_WIN_VERSION);
}

/* The two structures differ in the service pack's name only, which is not compared. */
BOOL VerifyVersionInfoA(LPOSVERSIONINFOEXA want, DWORD types, DWORDLONG mask)
{
    OSVERSIONINFOEXW wide = {.dwMajorVersion = want->dwMajorVersion,
                             .dwMinorVersion = want->dwMinorVersion,
                             .dwBuildNumber = want->dwBuildNumber,
                             .dwPlatformId = want->dwPlatformId,
                             .wServicePackMajor = want->wServicePackMajor,
                             .wServicePackMinor = want->wServicePackMinor,
                             .wSuiteMask = want->wSuiteMask,
                             .wProductType = want->wProductType};
    return VerifyVersionInfoW(&wide, types, mask);
}
