/* mmsystem.h: the millisecond clock only. */
#ifndef WINMEM_MMSYSTEM_H
#define WINMEM_MMSYSTEM_H

#include "sysinfoapi.h"

#define TIMERR_NOERROR 0
#define timeGetTime() GetTickCount()
#define timeBeginPeriod(period) ((void)(period), TIMERR_NOERROR)
#define timeEndPeriod(period) ((void)(period), TIMERR_NOERROR)

#endif
