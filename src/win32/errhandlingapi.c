/* errhandlingapi.c: the faces of vectored handlers, the last filter and the error mode. RaiseException is in
 * src/exception/raise.S. */
#include <processthreadsapi.h>
#include <winbase.h>
#include <winerror.h>

#include <excpt.h>

#include "exception/exception.h"
#include "win32/win32.h"

#define ERROR_MODE_BITS                                                                                                \
    (SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOALIGNMENTFAULTEXCEPT | SEM_NOOPENFILEERRORBOX)

static PVOID vector_add(enum exception_vector list, ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    exception_thread_start();
    PVOID handle = exception_vector_add(list, first != 0, handler);
    if (!handle)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return handle;
}

PVOID AddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    return vector_add(EXCEPTION_VECTOR_HANDLERS, first, handler);
}

ULONG RemoveVectoredExceptionHandler(PVOID handle)
{
    return exception_vector_remove(EXCEPTION_VECTOR_HANDLERS, handle);
}

PVOID AddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    return vector_add(EXCEPTION_VECTOR_CONTINUE, first, handler);
}

ULONG RemoveVectoredContinueHandler(PVOID handle)
{
    return exception_vector_remove(EXCEPTION_VECTOR_CONTINUE, handle);
}

LPTOP_LEVEL_EXCEPTION_FILTER SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
    exception_thread_start();
    return exception_set_filter(filter);
}

LONG UnhandledExceptionFilter(struct _EXCEPTION_POINTERS *pointers)
{
    return exception_unhandled_asked(pointers);
}

UINT SetErrorMode(UINT mode)
{
    return exception_set_error_mode(mode & ERROR_MODE_BITS, false, NULL);
}

UINT GetErrorMode(void)
{
    return exception_error_mode(false);
}

BOOL SetThreadErrorMode(DWORD mode, LPDWORD old)
{
    if (mode & ~(DWORD)(ERROR_MODE_BITS & ~SEM_NOALIGNMENTFAULTEXCEPT))
        return win32_error(ERROR_INVALID_PARAMETER);
    exception_set_error_mode(mode, true, old);
    return TRUE;
}

DWORD GetThreadErrorMode(void)
{
    return exception_error_mode(true);
}

BOOL SetThreadStackGuarantee(PULONG size)
{
    if (!size)
        return win32_error(ERROR_INVALID_PARAMETER);
    return exception_stack_guarantee(size) ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
}

void GetCurrentThreadStackLimits(PULONG_PTR low, PULONG_PTR high)
{
    exception_stack_limits(low, high);
}

int _resetstkoflw(void)
{
    return exception_stack_reset();
}

exception_translator winmem_set_translator(exception_translator translator, int (*raise_cxx)(void *))
{
    return exception_set_translator(translator, raise_cxx);
}

/* Nobody is asked: neither handlers nor the last filter. */
VOID RaiseFailFastException(PEXCEPTION_RECORD record, PCONTEXT context, DWORD flags)
{
    CONTEXT here;
    EXCEPTION_RECORD copy = {.ExceptionCode = (DWORD)STATUS_FAIL_FAST_EXCEPTION,
                             .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                             .ExceptionAddress = __builtin_return_address(0)};
    if (record)
        copy = *record;
    if (flags & FAIL_FAST_GENERATE_EXCEPTION_ADDRESS)
        copy.ExceptionAddress = __builtin_return_address(0);
    if (!context) {
        exception_capture(&here);
        here.Rip = (DWORD64)__builtin_return_address(0);
    }
    exception_fail_fast(&copy, context ? context : &here);
}
