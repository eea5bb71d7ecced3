/* timeapi.h: see mmsystem.h. */
#ifndef WINMEM_TIMEAPI_H
#define WINMEM_TIMEAPI_H

#include "mmsystem.h"

#endif
