/* exception.c: the native face of exceptions: raising with a context of the caller's, continuing from one. */
#define WIN32_NO_STATUS
#include "exception/exception.h"

#include <errhandlingapi.h>
#include <stdint.h>
#include <unwind.h>
#include <winternl.h>

NTSTATUS NtContinue(PCONTEXT context, BOOLEAN alert)
{
    (void)alert;
    if (!context)
        return STATUS_ACCESS_VIOLATION;
    exception_restore(context);
}

NTSTATUS NtRaiseException(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN first_chance)
{
    if (!record || !context)
        return STATUS_ACCESS_VIOLATION;
    if (record->NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS)
        return STATUS_INVALID_PARAMETER;
    if (!first_chance)
        exception_last_chance(record, context);
    exception_dispatch(record, context);
    exception_restore(context);
}

void RtlRestoreContext(PCONTEXT context, struct _EXCEPTION_RECORD *record)
{
    exception_restore_for(context, record);
}

PVOID RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    exception_thread_start();
    return exception_vector_add(EXCEPTION_VECTOR_HANDLERS, first != 0, handler);
}

ULONG RtlRemoveVectoredExceptionHandler(PVOID handle)
{
    return exception_vector_remove(EXCEPTION_VECTOR_HANDLERS, handle);
}

PVOID RtlAddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    exception_thread_start();
    return exception_vector_add(EXCEPTION_VECTOR_CONTINUE, first != 0, handler);
}

ULONG RtlRemoveVectoredContinueHandler(PVOID handle)
{
    return exception_vector_remove(EXCEPTION_VECTOR_CONTINUE, handle);
}

struct trace {
    DWORD skip, wanted, count;
    PVOID *places;
    ULONG hash;
};

static _Unwind_Reason_Code trace_frame(struct _Unwind_Context *context, void *parameter)
{
    struct trace *trace = parameter;
    if (trace->skip) {
        trace->skip--;
        return _URC_NO_REASON;
    }
    uintptr_t place = _Unwind_GetIP(context);
    if (!place || trace->count == trace->wanted)
        return _URC_END_OF_STACK;
    trace->places[trace->count++] = (PVOID)place;
    trace->hash += (ULONG)place;
    return _URC_NO_REASON;
}

WORD RtlCaptureStackBackTrace(DWORD skip, DWORD wanted, PVOID *places, PDWORD hash)
{
    struct trace trace = {.skip = skip + 1, .wanted = wanted < 0xFFFF ? wanted : 0xFFFF, .places = places};
    _Unwind_Backtrace(trace_frame, &trace);
    if (hash)
        *hash = trace.hash;
    return (WORD)trace.count;
}
