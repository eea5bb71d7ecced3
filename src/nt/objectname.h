/* objectname.h: the names of objects as native calls give them: where in the directory a name means, and which error
 * one that means nothing is. Says nothing of what is there. */
#ifndef WINMEM_NT_OBJECTNAME_H
#define WINMEM_NT_OBJECTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <winternl.h>

#include "host/shared.h"

/* What follows \BaseNamedObjects\, not terminated; NULL where no object is named. `make`: to be made there. */
WINMEM_SHARED NTSTATUS nt_object_name(const OBJECT_ATTRIBUTES *attributes, bool make, const WCHAR **text,
                                      size_t *length);

#endif
