/* versionhelpers.h: the version that is kept to is Windows 10. */
#ifndef WINMEM_VERSIONHELPERS_H
#define WINMEM_VERSIONHELPERS_H

#include "windef.h"

#define IsWindowsXPOrGreater() TRUE
#define IsWindowsVistaOrGreater() TRUE
#define IsWindows7OrGreater() TRUE
#define IsWindows8OrGreater() TRUE
#define IsWindows8Point1OrGreater() TRUE
#define IsWindows10OrGreater() TRUE
#define IsWindowsServer() FALSE

#endif
