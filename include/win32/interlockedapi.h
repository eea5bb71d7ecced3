/* interlockedapi.h: Interlocked operations; they stand in winnt.h. */
#ifndef WINMEM_INTERLOCKEDAPI_H
#define WINMEM_INTERLOCKEDAPI_H

#include "winnt.h"

#endif
