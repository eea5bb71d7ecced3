/* exception.h: from a fault or RaiseException to the program's handlers: records, contexts, dispatch. The top of the
 * fault's way up: mm decides that a fault is the program's, this folder tells the program. Never calls malloc. */
#ifndef WINMEM_EXCEPTION_EXCEPTION_H
#define WINMEM_EXCEPTION_EXCEPTION_H

#include <ntstatus.h>
#include <winnt.h>

/* Installs the signal handlers (through host) once. mm_start calls it through the start table. */
void exception_start(void);

/* Raises on the calling thread, in ordinary code (not in a signal handler); returns if a handler continues. */
void exception_raise(const EXCEPTION_RECORD *record);
/* The common short form: code, flags 0, up to EXCEPTION_MAXIMUM_PARAMETERS parameters. */
void exception_raise_status(NTSTATUS code, DWORD parameters, const ULONG_PTR *values);

#endif
