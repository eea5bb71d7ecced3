/* basetyps.h: identifiers and the words that C and C++ declare interfaces with. */
#ifndef WINMEM_BASETYPS_H
#define WINMEM_BASETYPS_H

#include "guiddef.h"
#include "windef.h"

#endif
