/* processplace.c: where threads run and how they are favoured: ideal processors, groups, boosts, the order of shutdown.
 * Kept and told: the kernel's scheduler is left alone. Sets the last error. */
#include <processthreadsapi.h>
#include <stdatomic.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "ps/process.h"
#include "ps/thread.h"
#include "win32/win32.h"

static struct {
    _Atomic bool no_boost;        /* of this process */
    _Atomic DWORD shutdown_level; /* 0: never set */
    _Atomic DWORD shutdown_flags;
} processplace_state;

static __thread DWORD execution_state; /* without ES_CONTINUOUS */

#define LEVEL_DEFAULT 0x280 /* as documented: every process starts in this level */
#define LEVEL_LAST 0x4FF    /* above it the system keeps the levels for itself */
#define KNOWN_STATES (ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | ES_AWAYMODE_REQUIRED | ES_CONTINUOUS)

static bool is_own(HANDLE process)
{
    return process == GetCurrentProcess() || GetProcessId(process) == (DWORD)getpid();
}

BOOL GetProcessPriorityBoost(HANDLE process, PBOOL disabled)
{
    if (!is_own(process) && !GetProcessId(process))
        return FALSE;
    *disabled = is_own(process) && processplace_state.no_boost;
    return TRUE;
}

BOOL SetProcessPriorityBoost(HANDLE process, BOOL disabled)
{
    if (!is_own(process))
        return GetProcessId(process) ? win32_error(ERROR_NOT_SUPPORTED) : FALSE;
    processplace_state.no_boost = disabled != 0;
    return TRUE;
}

BOOL GetProcessGroupAffinity(HANDLE process, PUSHORT count, PUSHORT groups)
{
    if (!is_own(process) && !GetProcessId(process))
        return FALSE;
    USHORT room = *count;
    *count = 1;
    if (room < 1)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    groups[0] = 0;
    return TRUE;
}

BOOL IsProcessCritical(HANDLE process, PBOOL critical)
{
    if (!is_own(process) && !GetProcessId(process))
        return FALSE;
    *critical = FALSE;
    return TRUE;
}

BOOL GetProcessShutdownParameters(LPDWORD level, LPDWORD flags)
{
    DWORD set = processplace_state.shutdown_level;
    *level = set ? set : LEVEL_DEFAULT;
    *flags = processplace_state.shutdown_flags;
    return TRUE;
}

BOOL SetProcessShutdownParameters(DWORD level, DWORD flags)
{
    if (level > LEVEL_LAST || (flags & ~(DWORD)SHUTDOWN_NORETRY))
        return win32_error(ERROR_INVALID_PARAMETER);
    processplace_state.shutdown_level = level;
    processplace_state.shutdown_flags = flags;
    return TRUE;
}

/* What was in force before for the thread; a state that is not continuous only starts a time anew, which nobody counts
 * here. */
EXECUTION_STATE SetThreadExecutionState(EXECUTION_STATE state)
{
    if (state & ~(EXECUTION_STATE)KNOWN_STATES)
        return (EXECUTION_STATE)win32_error(ERROR_INVALID_PARAMETER);
    EXECUTION_STATE before = execution_state;
    if (state & ES_CONTINUOUS)
        execution_state = state & ~(EXECUTION_STATE)ES_CONTINUOUS;
    return before | ES_CONTINUOUS;
}

/* Referenced; NULL with the last error. */
static struct ps_thread *thread_of(HANDLE thread, ACCESS_MASK access)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(thread, &ps_thread_type, access, &object, NULL);
    return win32_status(status) ? (struct ps_thread *)object : NULL;
}

BOOL GetThreadPriorityBoost(HANDLE thread, PBOOL disabled)
{
    struct ps_thread *object = thread_of(thread, THREAD_QUERY_LIMITED_INFORMATION);
    if (!object)
        return FALSE;
    *disabled = atomic_load(&object->no_boost);
    ob_dereference(&object->object);
    return TRUE;
}

BOOL SetThreadPriorityBoost(HANDLE thread, BOOL disabled)
{
    struct ps_thread *object = thread_of(thread, THREAD_SET_INFORMATION);
    if (!object)
        return FALSE;
    atomic_store(&object->no_boost, disabled != 0);
    ob_dereference(&object->object);
    return TRUE;
}

/* ---- ideal processors: a thread starts with processor 0 ---- */

static DWORD exchange(HANDLE thread, DWORD processor)
{
    struct ps_thread *object = thread_of(thread, THREAD_SET_INFORMATION);
    if (!object)
        return (DWORD)-1;
    _Atomic DWORD *ideal = &object->ideal_processor;
    DWORD before = processor == MAXIMUM_PROCESSORS ? atomic_load(ideal) : atomic_exchange(ideal, processor);
    ob_dereference(&object->object);
    return before;
}

/* The one before; MAXIMUM_PROCESSORS asks only. */
DWORD SetThreadIdealProcessor(HANDLE thread, DWORD processor)
{
    if (processor != MAXIMUM_PROCESSORS && processor >= GetActiveProcessorCount(0)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return (DWORD)-1;
    }
    return exchange(thread, processor);
}

BOOL SetThreadIdealProcessorEx(HANDLE thread, PPROCESSOR_NUMBER processor, PPROCESSOR_NUMBER before)
{
    if (!processor || processor->Group != 0 || processor->Reserved != 0 ||
        processor->Number >= GetActiveProcessorCount(0))
        return win32_error(ERROR_INVALID_PARAMETER);
    DWORD old = exchange(thread, processor->Number);
    if (old == (DWORD)-1)
        return FALSE;
    if (before)
        *before = (PROCESSOR_NUMBER){.Number = (BYTE)old};
    return TRUE;
}

BOOL GetThreadIdealProcessorEx(HANDLE thread, PPROCESSOR_NUMBER processor)
{
    struct ps_thread *object = thread_of(thread, THREAD_QUERY_LIMITED_INFORMATION);
    if (!object)
        return FALSE;
    *processor = (PROCESSOR_NUMBER){.Number = (BYTE)atomic_load(&object->ideal_processor)};
    ob_dereference(&object->object);
    return TRUE;
}
