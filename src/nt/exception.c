/* exception.c: the native face of exceptions: raising with a context of the caller's, continuing from one. */
#define WIN32_NO_STATUS
#include "exception/exception.h"

#include <errhandlingapi.h>
#include <string.h>
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

void RtlRaiseException(PEXCEPTION_RECORD record)
{
    EXCEPTION_RECORD own = *record;
    own.ExceptionAddress = __builtin_return_address(0);
    exception_raise(&own);
}

void RtlRestoreContext(PCONTEXT context, struct _EXCEPTION_RECORD *record)
{
    (void)record;
    exception_restore(context);
}
