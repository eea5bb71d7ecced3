/* corecrt.h: the C runtime's own types. */
#ifndef WINMEM_CORECRT_H
#define WINMEM_CORECRT_H

#include "crtdefs.h"

#endif
