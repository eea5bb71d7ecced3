/* dispatch.c: state of the dispatcher of system calls that the pager must see. Signal-safe; calls nothing. */
#include "host/dispatch.h"

__thread struct host_dispatch host_dispatch;

static struct {
    struct host_dispatch_functions functions;
    bool started;
} dispatch_state;

void host_dispatch_set(const struct host_dispatch_functions *functions)
{
    dispatch_state.functions = *functions;
}

void host_dispatch_start(void)
{
    if (!dispatch_state.functions.all)
        return;
    dispatch_state.started = true;
    dispatch_state.functions.all();
}

void (*host_dispatch_restorer(void))(void)
{
    return dispatch_state.functions.restorer;
}

bool host_dispatch_frame(ucontext_t *context)
{
    return dispatch_state.functions.frame && dispatch_state.functions.frame(context);
}

void host_dispatch_pause(void)
{
    host_dispatch.paused++;
    host_dispatch.selector = HOST_DISPATCH_ALLOW;
}

void host_dispatch_resume(void)
{
    if (--host_dispatch.paused || !dispatch_state.started)
        return;
    if (host_dispatch.armed)
        host_dispatch.selector = HOST_DISPATCH_BLOCK;
    else
        dispatch_state.functions.one();
}
