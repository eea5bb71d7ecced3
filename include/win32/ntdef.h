/* ntdef.h: basic types of the native interface; they stand in winternl.h. */
#ifndef WINMEM_NTDEF_H
#define WINMEM_NTDEF_H

#include "winternl.h"

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny } WAIT_TYPE;

#endif
