/* sdkddkver.h: the versions that a program may ask for; all of the interface is there in any case. */
#ifndef WINMEM_SDKDDKVER_H
#define WINMEM_SDKDDKVER_H

#include "winmem_compiler.h" /* what is asked for when the program does not say */

#define _WIN32_WINNT_WIN7 0x0601
#define _WIN32_WINNT_WIN8 0x0602
#define _WIN32_WINNT_WINBLUE 0x0603
#define _WIN32_WINNT_WIN10 0x0A00
#define NTDDI_WIN10 0x0A000000
#define NTDDI_WIN10_RS4 0x0A000005
#define NTDDI_WIN10_RS5 0x0A000006

#endif
