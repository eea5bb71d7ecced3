/* consolecontrol.c: Ctrl+C and its kin. A terminal's signals become events, which a thread of this file's own tells to
 * the handlers, the last registered first; it is begun by the first handler. Sets the last error. */
#include <consoleapi.h>
#include <handleapi.h>
#include <processthreadsapi.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <synchapi.h>
#include <unistd.h>
#include <winerror.h>

#include "win32/win32.h"

#define HANDLERS 64
#define STATUS_CONTROL_C 0xC000013A

static const struct {
    int signal;
    DWORD event;
} events[] = {
    {SIGINT, CTRL_C_EVENT}, {SIGQUIT, CTRL_BREAK_EVENT}, {SIGHUP, CTRL_CLOSE_EVENT}, {SIGTERM, CTRL_SHUTDOWN_EVENT}};
#define EVENTS (sizeof events / sizeof *events)

static struct {
    SRWLOCK lock;
    PHANDLER_ROUTINE handler[HANDLERS]; /* under the lock */
    size_t count;                       /* under the lock */
    bool begun;                         /* under the lock */
    sem_t arrived;
    _Atomic unsigned waiting[EVENTS];
} control_state;

static void note(int signal)
{
    for (size_t i = 0; i < EVENTS; i++)
        if (events[i].signal == signal)
            control_state.waiting[i]++;
    sem_post(&control_state.arrived);
}

/* A handler may register others and take itself away: each is called without the lock. */
static void tell(DWORD event)
{
    PHANDLER_ROUTINE handler[HANDLERS];
    AcquireSRWLockShared(&control_state.lock);
    size_t count = control_state.count;
    memcpy(handler, control_state.handler, sizeof handler);
    ReleaseSRWLockShared(&control_state.lock);
    while (count > 0)
        if (handler[--count](event))
            return;
    ExitProcess(STATUS_CONTROL_C);
}

static DWORD run(LPVOID unused)
{
    for (;;) {
        while (sem_wait(&control_state.arrived) != 0) {}
        for (size_t i = 0; i < EVENTS; i++)
            for (unsigned waiting; (waiting = control_state.waiting[i]) != 0;)
                if (atomic_compare_exchange_strong(&control_state.waiting[i], &waiting, waiting - 1))
                    tell(events[i].event);
    }
    return (DWORD)(size_t)unused;
}

/* A signal that the program ignores, as a child of one that ignores Ctrl+C does, stays ignored. */
static BOOL begin_locked(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART}, old;
    if (control_state.begun)
        return TRUE;
    sem_init(&control_state.arrived, 0, 0);
    HANDLE thread = CreateThread(NULL, 0, run, NULL, 0, NULL);
    if (!thread)
        return FALSE;
    CloseHandle(thread);
    control_state.begun = true;
    for (size_t i = 0; i < EVENTS; i++)
        if (sigaction(events[i].signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(events[i].signal, &action, NULL);
    return TRUE;
}

static BOOL add_locked(PHANDLER_ROUTINE handler)
{
    if (control_state.count == HANDLERS)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (!begin_locked())
        return FALSE;
    control_state.handler[control_state.count++] = handler;
    return TRUE;
}

static BOOL remove_locked(PHANDLER_ROUTINE handler)
{
    for (size_t i = control_state.count; i-- > 0;)
        if (control_state.handler[i] == handler) {
            memmove(control_state.handler + i, control_state.handler + i + 1,
                    (--control_state.count - i) * sizeof handler);
            return TRUE;
        }
    return win32_error(ERROR_INVALID_PARAMETER);
}

BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL add)
{
    AcquireSRWLockExclusive(&control_state.lock);
    BOOL done = TRUE;
    if (!handler) /* only Ctrl+C, and children inherit it */
        signal(SIGINT, add ? SIG_IGN : control_state.begun ? note : SIG_DFL);
    else
        done = add ? add_locked(handler) : remove_locked(handler);
    ReleaseSRWLockExclusive(&control_state.lock);
    return done;
}

/* To the process group, as a terminal would; 0 is the caller's own. */
BOOL GenerateConsoleCtrlEvent(DWORD event, DWORD group)
{
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (kill(group ? -(pid_t)group : 0, event == CTRL_C_EVENT ? SIGINT : SIGQUIT) != 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    return TRUE;
}
