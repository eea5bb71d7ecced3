/* pending.c: what the headers declare and nobody has written yet: each fails with ERROR_CALL_NOT_IMPLEMENTED (native
 * calls with STATUS_NOT_IMPLEMENTED) and changes nothing. Weak: a real definition anywhere wins; whoever writes one
 * deletes the name here. docs/differences.md says the same; scripts/pending lists what is still pending. */
#include "win32/win32.h"

#include <ntstatus.h>
#include <heapapi.h>
#include <jobapi.h>
#include <memoryapi.h>
#include <processthreadsapi.h>
#include <psapi.h>
#include <stdint.h>
#include <winbase.h>
#include <winerror.h>

/* One body per kind of answer, under many names: in this calling convention a callee may ignore its arguments, and the
 * whole register is answered, so that one body serves BOOL, SIZE_T and pointers. */
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wattribute-alias"
#define PENDING_AS(body, name) extern __typeof__(name) name __attribute__((weak, alias(#body)))

/* FALSE, NULL or 0. */
__attribute__((used)) static uintptr_t pending_none(void)
{
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    return 0;
}

/* The error is the result. */
__attribute__((used)) static uintptr_t pending_code(void)
{
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    return ERROR_CALL_NOT_IMPLEMENTED;
}

/* Fails by giving back what it was given. */
__attribute__((used)) static HANDLE pending_same(HANDLE handle)
{
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    return handle;
}

__attribute__((used)) static NTSTATUS pending_status(void)
{
    return STATUS_NOT_IMPLEMENTED;
}

#define PENDING(name) PENDING_AS(pending_none, name)
#define PENDING_CODE(name) PENDING_AS(pending_code, name)
#define PENDING_SAME(name) PENDING_AS(pending_same, name)
#define PENDING_NT(name) PENDING_AS(pending_status, name)
