/* teb.h: what others tell the thread's environment block. */
#ifndef WINMEM_WIN32_TEB_H
#define WINMEM_WIN32_TEB_H

#include "win32/win32.h"

#include "host/shared.h"

/* The fiber that the thread runs, and its stack; base NULL: the thread's own. */
WINMEM_SHARED void win32_teb_fiber(PVOID fiber, PVOID base, PVOID limit);
/* error.c: where the last error is kept from now on; NULL: where it was at first. */
void win32_error_place(DWORD *place);

#endif
