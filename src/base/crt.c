/* crt.c: what the C runtime's headers in include/win32 need from a library: the program's arguments and path, the
 * handler of invalid parameters. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/process.h"
#include <winnt.h>

static struct {
    _Atomic(_invalid_parameter_handler) handler; /* of the process */
    char path[4096];
} crt_state;

static __thread _invalid_parameter_handler own_handler; /* of the thread: goes before the process' */

#pragma GCC visibility push(default)
extern int __argc;
extern char **__argv;
char *winmem_program_path(void);
int winmem_invalid_parameter(int error);
#pragma GCC visibility pop

int __argc;
char **__argv;

__attribute__((constructor)) static void keep_arguments(int count, char **arguments)
{
    __argc = count;
    __argv = arguments;
}

char *winmem_program_path(void)
{
    if (!crt_state.path[0])
        (void)host_process_image(0, crt_state.path, sizeof(crt_state.path));
    return crt_state.path;
}

/* What a call does that was given what it cannot take: the program's handler, if it has one, then the error. */
int winmem_invalid_parameter(int error)
{
    _invalid_parameter_handler handler = own_handler ? own_handler : atomic_load(&crt_state.handler);
    if (handler)
        handler(NULL, NULL, NULL, 0, 0);
    errno = error;
    return error;
}

_invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler)
{
    return atomic_exchange(&crt_state.handler, handler);
}

_invalid_parameter_handler _get_invalid_parameter_handler(void)
{
    return atomic_load(&crt_state.handler);
}

_invalid_parameter_handler _set_thread_local_invalid_parameter_handler(_invalid_parameter_handler handler)
{
    _invalid_parameter_handler before = own_handler;
    own_handler = handler;
    return before;
}
