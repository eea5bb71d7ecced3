/* wait.h: waiting for objects: one, any or all of several, with a deadline, alertably. */
#ifndef WINMEM_OB_WAIT_H
#define WINMEM_OB_WAIT_H

#include "ob/ob.h"

#include "host/futex.h"

#define OB_WAIT_MAXIMUM 64u

/* Waits till the deadline (host/futex.h). STATUS_WAIT_0 + i, STATUS_ABANDONED_WAIT_0 + i, STATUS_TIMEOUT;
 * STATUS_USER_APC when `alert` (may be NULL) is not zero; STATUS_OBJECT_TYPE_MISMATCH for what cannot be waited for.
 * All: the objects are taken together or not at all (they may be seen taken for the moment of the attempt). */
WINMEM_SHARED NTSTATUS ob_wait(struct ob_object *const *objects, unsigned count, bool all, int64_t deadline,
                               _Atomic uint32_t *alert);

#endif
