/* versionhelpers.h: the version that is kept to is Windows 10. */
#ifndef WINMEM_VERSIONHELPERS_H
#define WINMEM_VERSIONHELPERS_H

#include "windef.h"

#define VERSIONHELPERAPI static __inline__ __attribute__((__unused__)) BOOL

VERSIONHELPERAPI IsWindowsVersionOrGreater(WORD major, WORD minor, WORD service_pack)
{
    return major < 10 || (major == 10 && minor == 0 && service_pack == 0);
}
#define IsWindowsXPOrGreater() TRUE
#define IsWindowsXPSP1OrGreater() TRUE
#define IsWindowsXPSP2OrGreater() TRUE
#define IsWindowsXPSP3OrGreater() TRUE
#define IsWindowsVistaOrGreater() TRUE
#define IsWindowsVistaSP1OrGreater() TRUE
#define IsWindowsVistaSP2OrGreater() TRUE
#define IsWindows7OrGreater() TRUE
#define IsWindows7SP1OrGreater() TRUE
#define IsWindows8OrGreater() TRUE
#define IsWindows8Point1OrGreater() TRUE
#define IsWindowsThresholdOrGreater() TRUE
#define IsWindows10OrGreater() TRUE
#define IsWindowsServer() FALSE

#endif
