/* ntdef.h: basic types of the native interface; they stand in winternl.h. */
#ifndef WINMEM_NTDEF_H
#define WINMEM_NTDEF_H

#include "winternl.h"

#endif
