/* process.h: threads of the C runtime: CreateThread by another name. */
#ifndef WINMEM_PROCESS_H
#define WINMEM_PROCESS_H

#include "minwinbase.h"
#include "winmem_unistd.h"

#include <stdint.h>
#include <stdlib.h>

WINMEM_BEGIN_DECLS
typedef unsigned (*_beginthreadex_proc_type)(void *argument);
typedef void (*_beginthread_proc_type)(void *argument);
WINBASEAPI uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start, void *argument,
                                    unsigned flags, unsigned *thread_id);
WINBASEAPI void _endthreadex(unsigned code);
WINBASEAPI uintptr_t _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument);
WINBASEAPI void _endthread(void);
/* The arguments are joined by blanks: those that hold blanks want quotes. */
WINBASEAPI intptr_t _spawnl(int mode, const char *program, const char *argument, ...);
WINBASEAPI intptr_t _spawnlp(int mode, const char *program, const char *argument, ...);
WINBASEAPI intptr_t _spawnle(int mode, const char *program, const char *argument, ...);
WINBASEAPI intptr_t _spawnlpe(int mode, const char *program, const char *argument, ...);
WINBASEAPI intptr_t _spawnv(int mode, const char *program, const char *const *arguments);
WINBASEAPI intptr_t _spawnvp(int mode, const char *program, const char *const *arguments);
WINBASEAPI intptr_t _spawnve(int mode, const char *program, const char *const *arguments,
                             const char *const *environment);
WINBASEAPI intptr_t _spawnvpe(int mode, const char *program, const char *const *arguments,
                              const char *const *environment);
WINBASEAPI intptr_t _execvpe(const char *program, const char *const *arguments, const char *const *environment);
WINBASEAPI intptr_t _execlpe(const char *program, const char *argument, ...);
#if __SIZEOF_WCHAR_T__ == 2
WINBASEAPI intptr_t _wspawnl(int mode, const wchar_t *program, const wchar_t *argument,
                             ...) __asm__("winmem_wide_spawnl");
WINBASEAPI intptr_t _wspawnlp(int mode, const wchar_t *program, const wchar_t *argument,
                              ...) __asm__("winmem_wide_spawnlp");
WINBASEAPI intptr_t _wspawnle(int mode, const wchar_t *program, const wchar_t *argument,
                              ...) __asm__("winmem_wide_spawnle");
WINBASEAPI intptr_t _wspawnlpe(int mode, const wchar_t *program, const wchar_t *argument,
                               ...) __asm__("winmem_wide_spawnlpe");
#endif
WINBASEAPI int _getpid(void);
WINBASEAPI intptr_t _cwait(int *status, intptr_t process, int action);
WINMEM_END_DECLS
#define _execl execl
#define _execlp execlp
#define _execle execle
#define _execve(path, arguments, environment) execve((path), (char *const *)(arguments), (char *const *)(environment))
#define _execv(path, arguments) execv((path), (char *const *)(arguments))
#define _execvp(path, arguments) execvp((path), (char *const *)(arguments))
#if __SIZEOF_WCHAR_T__ == 2
#define _wspawnv(mode, program, arguments) winmem_wide_spawn((mode), (program), (arguments), NULL, 0)
#define _wspawnvp(mode, program, arguments) winmem_wide_spawn((mode), (program), (arguments), NULL, 1)
#define _wspawnve(mode, program, arguments, environment)                                                               \
    winmem_wide_spawn((mode), (program), (arguments), (environment), 0)
#define _wspawnvpe(mode, program, arguments, environment)                                                              \
    winmem_wide_spawn((mode), (program), (arguments), (environment), 1)
#define _wexecv(program, arguments) _wspawnv(2, (program), (arguments))
#define _wexecvp(program, arguments) _wspawnvp(2, (program), (arguments))
#define _wexecve(program, arguments, environment) _wspawnve(2, (program), (arguments), (environment))
#define _wexecvpe(program, arguments, environment) _wspawnvpe(2, (program), (arguments), (environment))
#define _wexecl(program, ...) _wspawnl(2, (program), __VA_ARGS__)
#define _wexeclp(program, ...) _wspawnlp(2, (program), __VA_ARGS__)
#define _wexecle(program, ...) _wspawnle(2, (program), __VA_ARGS__)
#define _wexeclpe(program, ...) _wspawnlpe(2, (program), __VA_ARGS__)
#endif
#define _cexit() ((void)0)
#define _c_exit() ((void)0)
#define _P_WAIT 0
#define _P_NOWAIT 1
#define _P_OVERLAY 2
#define _P_NOWAITO 3
#define _P_DETACH 4
#define _WAIT_CHILD 0
#define _WAIT_GRANDCHILD 1
#ifndef P_WAIT /* the old names */
#define P_WAIT _P_WAIT
#define P_NOWAIT _P_NOWAIT
#define P_OVERLAY _P_OVERLAY
#define P_NOWAITO _P_NOWAITO
#define P_DETACH _P_DETACH
#define OLD_P_OVERLAY _P_OVERLAY
#define WAIT_CHILD _WAIT_CHILD
#define WAIT_GRANDCHILD _WAIT_GRANDCHILD
#define spawnl _spawnl
#define spawnlp _spawnlp
#define spawnle _spawnle
#define spawnlpe _spawnlpe
#define spawnv _spawnv
#define spawnvp _spawnvp
#define spawnve _spawnve
#define spawnvpe _spawnvpe
#define execlpe _execlpe
#define cwait _cwait
#endif

#endif
