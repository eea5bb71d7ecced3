/* realtimeapiset.h: times since the system was started, in 100 ns; unbiased: without those that it slept; cycles. */
#ifndef WINMEM_REALTIMEAPISET_H
#define WINMEM_REALTIMEAPISET_H

#include "sysinfoapi.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime);
WINBASEAPI VOID WINAPI QueryUnbiasedInterruptTimePrecise(PULONGLONG lpUnbiasedInterruptTimePrecise);
WINBASEAPI VOID WINAPI QueryInterruptTime(PULONGLONG lpInterruptTime);
WINBASEAPI VOID WINAPI QueryInterruptTimePrecise(PULONGLONG lpInterruptTimePrecise);
/* Cycles of the time-stamp counter. */
WINBASEAPI BOOL WINAPI QueryThreadCycleTime(HANDLE ThreadHandle, PULONG64 CycleTime);
WINBASEAPI BOOL WINAPI QueryProcessCycleTime(HANDLE ProcessHandle, PULONG64 CycleTime);
WINBASEAPI BOOL WINAPI QueryIdleProcessorCycleTime(PULONG BufferLength, PULONG64 ProcessorIdleCycleTime);
WINBASEAPI BOOL WINAPI QueryIdleProcessorCycleTimeEx(USHORT Group, PULONG BufferLength,
                                                     PULONG64 ProcessorIdleCycleTime);
WINMEM_END_DECLS

#endif
