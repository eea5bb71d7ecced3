/* timer.c: the faces of waitable timers, and their completion routines: a routine belongs to the thread that set the
 * timer, which calls it in an alertable wait. The thread keeps its own list of them; nothing runs in the background. */
#include <synchapi.h>

#include <pthread.h>
#include <time.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/sync/named.h"
#include "base/thread/thread.h"
#include "host/own.h"
#include "ob/timer.h"
#include "win32/win32.h"

#define EPOCH_DIFFERENCE 11644473600ll /* seconds from 1601 to 1970 */
#define TICKS 10000000ll               /* of 100 ns, a second */

/* One setting of a timer with a completion routine. */
struct routine {
    struct routine *next;
    struct ob_object *timer; /* referenced */
    uint32_t setting;        /* another one since: this is void */
    int64_t due, period;
    PTIMERAPCROUTINE function;
    LPVOID argument;
};

static __thread struct routine *own_routines __attribute__((tls_model("initial-exec")));
static struct {
    pthread_key_t key;
    pthread_once_t once;
} timer_state = {.once = PTHREAD_ONCE_INIT};

static void drop(struct routine **link)
{
    struct routine *routine = *link;
    *link = routine->next;
    ob_dereference(routine->timer);
    host_own_give(routine);
}

static void thread_ends(void *unused)
{
    (void)unused;
    while (own_routines)
        drop(&own_routines);
}

static void start_once(void)
{
    pthread_key_create(&timer_state.key, thread_ends);
}

/* Set again, cancelled or closed since. */
static bool is_void(const struct routine *routine)
{
    return ob_timer_setting(routine->timer) != routine->setting || atomic_load(&routine->timer->handles) == 0;
}

int64_t base_timers_due(void)
{
    int64_t due = HOST_FOREVER;
    for (struct routine *routine = own_routines; routine; routine = routine->next)
        if (due == HOST_FOREVER || routine->due < due)
            due = routine->due;
    return due;
}

static int64_t system_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec + EPOCH_DIFFERENCE) * TICKS + now.tv_nsec / 100;
}

/* The first that is due, off the list or moved on; false: none. */
static bool take_due(struct routine *taken)
{
    int64_t now = host_now();
    struct routine **first = NULL;
    for (struct routine **link = &own_routines; *link;) {
        if (is_void(*link)) {
            drop(link);
            continue;
        }
        if ((*link)->due <= now && (!first || (*link)->due < (*first)->due))
            first = link;
        link = &(*link)->next;
    }
    if (!first)
        return false;
    *taken = **first;
    if (taken->period > 0)
        (*first)->due += ((now - taken->due) / taken->period + 1) * taken->period;
    else
        drop(first);
    return true;
}

bool base_timers_run(void)
{
    bool any = false;
    struct routine routine;
    while (own_routines && take_due(&routine)) {
        int64_t when = system_time() - (host_now() - routine.due) / 100;
        any = true;
        routine.function(routine.argument, (DWORD)when, (DWORD)(when >> 32));
    }
    return any;
}

int64_t base_due(int64_t ticks)
{
    int64_t now = host_now();
    int64_t away = ticks < 0 ? (ticks == INT64_MIN ? INT64_MAX : -ticks) : ticks - system_time();
    if (away <= 0)
        return now;
    return away > (OB_TIMER_NEVER - now) / 100 - 1 ? OB_TIMER_NEVER - 1 : now + away * 100;
}

static struct routine *new_routine(PTIMERAPCROUTINE function, LPVOID argument)
{
    pthread_once(&timer_state.once, start_once);
    struct routine *routine = host_own_take(sizeof *routine);
    if (routine) {
        *routine = (struct routine){.function = function, .argument = argument};
        pthread_setspecific(timer_state.key, &timer_state); /* the thread's end drops the list */
    }
    return routine;
}

BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                               PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
                               PREASON_CONTEXT WakeContext, ULONG TolerableDelay)
{
    (void)WakeContext, (void)TolerableDelay;
    struct ob_object *timer;
    if (lPeriod < 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!lpDueTime)
        return win32_error(ERROR_NOACCESS);
    NTSTATUS status = ob_lookup(hTimer, ob_timer_class.type, TIMER_MODIFY_STATE, &timer, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    struct routine *routine = pfnCompletionRoutine ? new_routine(pfnCompletionRoutine, lpArgToCompletionRoutine) : NULL;
    if (pfnCompletionRoutine && !routine) {
        ob_dereference(timer);
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    }
    int64_t due = base_due(lpDueTime->QuadPart), period = lPeriod * (int64_t)1000000;
    uint32_t setting = ob_timer_set(timer, due, period);
    if (!routine) {
        ob_dereference(timer);
        return TRUE;
    }
    routine->timer = timer;
    routine->setting = setting;
    routine->due = due;
    routine->period = period;
    routine->next = own_routines;
    own_routines = routine;
    return TRUE;
}

BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                             PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine, BOOL fResume)
{
    BOOL done = SetWaitableTimerEx(hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine, NULL, 0);
    if (done && fResume)
        SetLastError(ERROR_NOT_SUPPORTED); /* as documented: the timer is set, but will not wake the machine */
    return done;
}

BOOL WINAPI CancelWaitableTimer(HANDLE hTimer)
{
    struct ob_object *timer;
    NTSTATUS status = ob_lookup(hTimer, ob_timer_class.type, TIMER_MODIFY_STATE, &timer, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    ob_timer_cancel(timer);
    ob_dereference(timer);
    return TRUE;
}

static HANDLE create_timer(LPSECURITY_ATTRIBUTES attributes, const struct base_name *name, DWORD flags, DWORD access)
{
    struct ob_timer_initial initial = {(flags & CREATE_WAITABLE_TIMER_MANUAL_RESET) != 0};
    if (flags & ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION))
        return base_answer(STATUS_INVALID_PARAMETER, NULL, false);
    return base_create_object(&ob_timer_class, attributes, name, access, &initial);
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName, DWORD dwFlags,
                                     DWORD dwDesiredAccess)
{
    struct base_name name = base_name_of(lpTimerName);
    return create_timer(lpTimerAttributes, &name, dwFlags, dwDesiredAccess);
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName, DWORD dwFlags,
                                     DWORD dwDesiredAccess)
{
    struct base_name name;
    return base_wide_name(lpTimerName, &name) ? create_timer(lpTimerAttributes, &name, dwFlags, dwDesiredAccess) : NULL;
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCWSTR lpTimerName)
{
    return CreateWaitableTimerExW(lpTimerAttributes, lpTimerName, bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCSTR lpTimerName)
{
    return CreateWaitableTimerExA(lpTimerAttributes, lpTimerName, bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName)
{
    struct base_name name = base_name_of(lpTimerName);
    return base_open_object(&ob_timer_class, dwDesiredAccess, bInheritHandle, &name);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName)
{
    struct base_name name;
    return base_wide_name(lpTimerName, &name)
               ? base_open_object(&ob_timer_class, dwDesiredAccess, bInheritHandle, &name)
               : NULL;
}
