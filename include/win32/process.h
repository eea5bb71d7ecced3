/* process.h: threads of the C runtime: CreateThread by another name. */
#ifndef WINMEM_PROCESS_H
#define WINMEM_PROCESS_H

#include "minwinbase.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

WINMEM_BEGIN_DECLS
typedef unsigned (*_beginthreadex_proc_type)(void *argument);
typedef void (*_beginthread_proc_type)(void *argument);
WINBASEAPI uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start, void *argument,
                                    unsigned flags, unsigned *thread_id);
WINBASEAPI void _endthreadex(unsigned code);
WINBASEAPI uintptr_t _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument);
WINBASEAPI void _endthread(void);
WINMEM_END_DECLS
#define _execv(path, arguments) execv((path), (char *const *)(arguments))
#define _execvp(path, arguments) execvp((path), (char *const *)(arguments))
#define _cexit() ((void)0)
#define _c_exit() ((void)0)
#define _P_WAIT 0
#define _P_NOWAIT 1
#define _P_OVERLAY 2
#ifndef _getpid
#define _getpid() ((int)__extension__({ extern int getpid(void); getpid(); }))
#endif

#endif
