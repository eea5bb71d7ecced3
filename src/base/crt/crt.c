/* crt.c: what the C runtime's headers in include/win32 need from a library: the program's arguments and path, the
 * handler of invalid parameters. */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text/wide.h"
#include "host/own.h"
#include "host/process.h"
#include "host/utf.h"
#include <winnt.h>

static struct {
    _Atomic(_invalid_parameter_handler) handler; /* of the process */
    char path[4096];
    WCHAR wide_path[4096];
    _Atomic(WCHAR **) environment; /* the last list that was given */
} crt_state;

static __thread _invalid_parameter_handler own_handler; /* of the thread: goes before the process' */

#pragma GCC visibility push(default)
extern int __argc;
extern char **__argv;
char *winmem_program_path(void);
int winmem_invalid_parameter(int error);
WCHAR *winmem_wide_program_path(void);
WCHAR **winmem_wide_environment(void);
#pragma GCC visibility pop

int __argc;
char **__argv;
int _fmode;

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

WCHAR *winmem_wide_program_path(void)
{
    if (!crt_state.wide_path[0])
        host_utf8_to_utf16(winmem_program_path(), SIZE_MAX, (uint16_t *)crt_state.wide_path, 4096, 0);
    return crt_state.wide_path;
}

/* The variables as they are now, in one block of memory; the last list once more when nothing has changed. What was
 * given stays: a program may still read it. */
WCHAR **winmem_wide_environment(void)
{
    size_t count = 0, units = 0;
    for (; environ && environ[count]; count++)
        units += host_utf8_to_utf16(environ[count], SIZE_MAX, NULL, 0, 0);
    WCHAR **list = host_own_take((count + 1) * sizeof *list + units * sizeof **list);
    if (!list)
        return NULL;
    WCHAR *at = (WCHAR *)(list + count + 1);
    WCHAR **last = atomic_load(&crt_state.environment);
    bool same = last != NULL;
    for (size_t i = 0; i < count; i++) {
        size_t length = host_utf8_to_utf16(environ[i], SIZE_MAX, (uint16_t *)at, units, 0);
        list[i] = at;
        same = same && last[i] && winmem_wcscmp(last[i], at) == 0;
        at += length;
        units -= length;
    }
    list[count] = NULL;
    if (same && !last[count]) {
        host_own_give(list);
        return last;
    }
    atomic_store(&crt_state.environment, list);
    return list;
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
