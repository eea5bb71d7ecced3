/* signal.h: the system's, with Microsoft's names added. Ctrl+Break is what a terminal sends for Ctrl+\. */
#pragma GCC system_header
#include_next <signal.h>
#ifndef WINMEM_SIGNAL_H
#define WINMEM_SIGNAL_H

#include "winmem_compiler.h"

#define SIGBREAK SIGQUIT
#define SIGABRT_COMPAT SIGABRT
#define SIG_SGE ((void (*)(int))3)
#define SIG_ACK ((void (*)(int))4)

#include <float.h>

#endif
