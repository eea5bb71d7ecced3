/* version.c: the version of Windows that is kept to: 10.0, build 19045 (22H2). Sets the last error. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sysinfoapi.h>
#include <winerror.h>
#include <winternl.h>

#include "win32/win32.h"

#define MAJOR 10
#define MINOR 0
#define BUILD 19045
#define PLATFORM 2 /* VER_PLATFORM_WIN32_NT */

DWORD GetVersion(void)
{
    return (DWORD)BUILD << 16 | MINOR << 8 | MAJOR;
}

/* The narrow and the wide structures agree up to the service pack's name. */
static void fill(void *information, size_t size)
{
    OSVERSIONINFOW *common = information;
    memset((char *)information + sizeof(DWORD), 0, size - sizeof(DWORD));
    common->dwMajorVersion = MAJOR;
    common->dwMinorVersion = MINOR;
    common->dwBuildNumber = BUILD;
    common->dwPlatformId = PLATFORM;
}

BOOL GetVersionExA(LPOSVERSIONINFOA information)
{
    DWORD size = information->dwOSVersionInfoSize;
    if (size != sizeof(OSVERSIONINFOA) && size != sizeof(OSVERSIONINFOEXA))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    fill(information, size);
    if (size == sizeof(OSVERSIONINFOEXA))
        ((OSVERSIONINFOEXA *)information)->wProductType = VER_NT_WORKSTATION;
    return TRUE;
}

BOOL GetVersionExW(LPOSVERSIONINFOW information)
{
    DWORD size = information->dwOSVersionInfoSize;
    if (size != sizeof(OSVERSIONINFOW) && size != sizeof(OSVERSIONINFOEXW))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    fill(information, size);
    if (size == sizeof(OSVERSIONINFOEXW))
        ((OSVERSIONINFOEXW *)information)->wProductType = VER_NT_WORKSTATION;
    return TRUE;
}

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW information)
{
    bool extended = information->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXW);
    fill(information, extended ? sizeof(OSVERSIONINFOEXW) : sizeof(OSVERSIONINFOW));
    if (extended)
        ((OSVERSIONINFOEXW *)information)->wProductType = VER_NT_WORKSTATION;
    return 0;
}
