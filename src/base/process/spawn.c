/* spawn.c: _spawn and its kin (process.h): a program started with arguments that are joined by blanks, as the C
 * run-time of Windows joins them; waited for, or left running behind a handle. Sets errno. */
#include <errno.h>
#include <process.h>
#include <processthreadsapi.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <windows.h>

#include "host/own.h"
#include "host/utf.h"

static int errno_of(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return ENOENT;
    case ERROR_BAD_EXE_FORMAT:
        return ENOEXEC;
    case ERROR_ACCESS_DENIED:
        return EACCES;
    case ERROR_NOT_ENOUGH_MEMORY:
        return ENOMEM;
    case ERROR_FILENAME_EXCED_RANGE:
        return E2BIG;
    default:
        return EINVAL;
    }
}

/* The texts one after the other, each followed by `between`. */
static char *join(const char *const *list, char between, size_t *size)
{
    size_t room = 2;
    for (size_t i = 0; list[i]; i++)
        room += strlen(list[i]) + 1;
    char *text = host_own_take(room), *at = text;
    for (size_t i = 0; text && list[i]; i++) {
        at = stpcpy(at, list[i]);
        *at++ = between;
    }
    if (text) {
        at[0] = at[1] = 0;
        *size = (size_t)(at - text);
    }
    return text;
}

/* In the directories of PATH, unless the name says where it is. */
static void find(const char *program, bool search, char *path, size_t size)
{
    const char *list = getenv("PATH");
    snprintf(path, size, "%s", program);
    if (!search || strpbrk(program, "/\\:") || access(program, X_OK) == 0 || !list)
        return;
    while (*list) {
        size_t length = strcspn(list, ":");
        snprintf(path, size, "%.*s/%s", (int)length, list, program);
        if (access(path, X_OK) == 0)
            return;
        list += length + (list[length] != 0);
    }
    snprintf(path, size, "%s", program);
}

static intptr_t started(int mode, const PROCESS_INFORMATION *process)
{
    DWORD code = 0;
    CloseHandle(process->hThread);
    if (mode == _P_NOWAIT || mode == _P_NOWAITO)
        return (intptr_t)process->hProcess;
    if (mode == _P_WAIT) {
        WaitForSingleObject(process->hProcess, INFINITE);
        GetExitCodeProcess(process->hProcess, &code);
    }
    CloseHandle(process->hProcess);
    return (int)code;
}

static intptr_t spawn(int mode, const char *program, const char *const *arguments, const char *const *environment,
                      bool search)
{
    char path[4096];
    size_t size;
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    if (!program || !*program || !arguments || !arguments[0] || mode < _P_WAIT || mode > _P_DETACH) {
        errno = EINVAL;
        return -1;
    }
    find(program, search, path, sizeof path);
    if (mode == _P_OVERLAY)
        return execve(path, (char *const *)(uintptr_t)arguments,
                      environment ? (char *const *)(uintptr_t)environment : environ);
    char *line = join(arguments, ' ', &size), *block = NULL;
    if (line && size)
        line[size - 1] = 0;
    bool ready = line && (!environment || (block = join(environment, 0, &size)) != NULL);
    bool good = ready && CreateProcessA(path, line, NULL, NULL, TRUE, mode == _P_DETACH ? DETACHED_PROCESS : 0, block,
                                        NULL, &start, &process);
    host_own_give(line);
    host_own_give(block);
    if (!good) {
        errno = ready ? errno_of(GetLastError()) : ENOMEM;
        return -1;
    }
    return started(mode, &process);
}

/* Arguments up to NULL, and behind it the environment for those who take one. */
#define GATHER_OF(type, call, first, environment, ...)                                                                 \
    va_list list, again;                                                                                               \
    size_t count = 1;                                                                                                  \
    va_start(list, first);                                                                                             \
    va_copy(again, list);                                                                                              \
    for (const type *next = first; next; next = va_arg(again, const type *))                                           \
        count++;                                                                                                       \
    va_end(again);                                                                                                     \
    const type **arguments = host_own_take((count + 1) * sizeof *arguments);                                           \
    for (size_t i = 0; arguments && i < count; i++)                                                                    \
        arguments[i] = i == 0 ? first : arguments[i - 1] ? va_arg(list, const type *) : NULL;                          \
    const type *const *variables = environment && first ? va_arg(list, const type *const *) : NULL;                    \
    va_end(list);                                                                                                      \
    intptr_t result = arguments ? call(__VA_ARGS__) : -1;                                                              \
    host_own_give(arguments);                                                                                          \
    return result;
#define GATHER(...) GATHER_OF(char, spawn, __VA_ARGS__)

intptr_t _spawnl(int mode, const char *program, const char *first,
                 ...){GATHER(first, false, mode, program, arguments, variables, false)}

intptr_t _spawnlp(int mode, const char *program, const char *first,
                  ...){GATHER(first, false, mode, program, arguments, variables, true)}

intptr_t _spawnle(int mode, const char *program, const char *first,
                  ...){GATHER(first, true, mode, program, arguments, variables, false)}

intptr_t _spawnlpe(int mode, const char *program, const char *first,
                   ...){GATHER(first, true, mode, program, arguments, variables, true)}

intptr_t _spawnv(int mode, const char *program, const char *const *arguments)
{
    return spawn(mode, program, arguments, NULL, false);
}

intptr_t _spawnvp(int mode, const char *program, const char *const *arguments)
{
    return spawn(mode, program, arguments, NULL, true);
}

intptr_t _spawnve(int mode, const char *program, const char *const *arguments, const char *const *environment)
{
    return spawn(mode, program, arguments, environment, false);
}

intptr_t _spawnvpe(int mode, const char *program, const char *const *arguments, const char *const *environment)
{
    return spawn(mode, program, arguments, environment, true);
}

intptr_t _execvpe(const char *program, const char *const *arguments, const char *const *environment)
{
    return spawn(_P_OVERLAY, program, arguments, environment, true);
}

intptr_t _execlpe(const char *program, const char *first,
                  ...){GATHER(first, true, _P_OVERLAY, program, arguments, variables, true)}

intptr_t _cwait(int *status, intptr_t process, int unused)
{
    DWORD code;
    (void)unused;
    if (WaitForSingleObject((HANDLE)process, INFINITE) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess((HANDLE)process, &code)) {
        errno = ECHILD;
        return -1;
    }
    if (status)
        *status = (int)code;
    CloseHandle((HANDLE)process);
    return process;
}

/* ---- 16-bit text, turned into UTF-8 */

#pragma GCC visibility push(default)
extern intptr_t winmem_wide_spawn(int mode, const WCHAR *program, const WCHAR *const *arguments,
                                  const WCHAR *const *environment, int search);
extern intptr_t winmem_wide_spawnl(int mode, const WCHAR *program, const WCHAR *first, ...);
extern intptr_t winmem_wide_spawnlp(int mode, const WCHAR *program, const WCHAR *first, ...);
extern intptr_t winmem_wide_spawnle(int mode, const WCHAR *program, const WCHAR *first, ...);
extern intptr_t winmem_wide_spawnlpe(int mode, const WCHAR *program, const WCHAR *first, ...);
#pragma GCC visibility pop

static char *narrow(const WCHAR *text)
{
    size_t size = host_utf16_to_utf8((const uint16_t *)text, SIZE_MAX, NULL, 0, 0);
    char *to = host_own_take(size);
    if (to)
        host_utf16_to_utf8((const uint16_t *)text, SIZE_MAX, to, size, 0);
    return to;
}

static void release(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        host_own_give(list[i]);
    host_own_give(list);
}

static char **narrow_list(const WCHAR *const *list)
{
    size_t count = 0;
    while (list[count])
        count++;
    char **to = host_own_take((count + 1) * sizeof *to);
    if (to)
        memset(to, 0, (count + 1) * sizeof *to);
    for (size_t i = 0; to && i < count; i++)
        if (!(to[i] = narrow(list[i]))) {
            release(to);
            return NULL;
        }
    return to;
}

intptr_t winmem_wide_spawn(int mode, const WCHAR *program, const WCHAR *const *arguments,
                           const WCHAR *const *environment, int search)
{
    if (!program || !arguments) {
        errno = EINVAL;
        return -1;
    }
    char *path = narrow(program), **list = narrow_list(arguments);
    char **variables = environment ? narrow_list(environment) : NULL;
    intptr_t result = -1;
    if (path && list && (variables || !environment))
        result = spawn(mode, path, (const char *const *)list, (const char *const *)variables, search != 0);
    else
        errno = ENOMEM;
    release(variables);
    release(list);
    host_own_give(path);
    return result;
}

#define GATHER_WIDE(...) GATHER_OF(WCHAR, winmem_wide_spawn, __VA_ARGS__)

intptr_t winmem_wide_spawnl(int mode, const WCHAR *program, const WCHAR *first,
                            ...){GATHER_WIDE(first, false, mode, program, arguments, variables, false)}

intptr_t winmem_wide_spawnlp(int mode, const WCHAR *program, const WCHAR *first,
                             ...){GATHER_WIDE(first, false, mode, program, arguments, variables, true)}

intptr_t winmem_wide_spawnle(int mode, const WCHAR *program, const WCHAR *first,
                             ...){GATHER_WIDE(first, true, mode, program, arguments, variables, false)}

intptr_t winmem_wide_spawnlpe(int mode, const WCHAR *program, const WCHAR *first, ...)
{
    GATHER_WIDE(first, true, mode, program, arguments, variables, true)
}

int _getpid(void)
{
    return getpid();
}
