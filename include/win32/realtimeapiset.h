/* realtimeapiset.h: times since the system was started, in 100 ns; unbiased: without those that it slept. */
#ifndef WINMEM_REALTIMEAPISET_H
#define WINMEM_REALTIMEAPISET_H

#include "sysinfoapi.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime);
WINBASEAPI VOID WINAPI QueryUnbiasedInterruptTimePrecise(PULONGLONG lpUnbiasedInterruptTimePrecise);
WINBASEAPI VOID WINAPI QueryInterruptTime(PULONGLONG lpInterruptTime);
WINBASEAPI VOID WINAPI QueryInterruptTimePrecise(PULONGLONG lpInterruptTimePrecise);
WINMEM_END_DECLS

#endif
