/* pending.c: what the headers declare of the base library and nobody has written yet: each fails with
 * ERROR_CALL_NOT_IMPLEMENTED and changes nothing. Weak: a real definition wins; whoever writes one deletes the name. */
#include <winternl.h>

#include <psapi.h>
#include <stdint.h>
#include <windows.h>

#include "win32/win32.h"

/* One body under many names: in this calling convention a callee may ignore its arguments, and the whole register is
 * answered, so that one body serves BOOL, DWORD and pointers. */
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wattribute-alias"
#define PENDING(name) extern __typeof__(name) name __attribute__((weak, alias("pending_call")))

__attribute__((used)) static uintptr_t pending_call(void)
{
    SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
    return 0;
}
