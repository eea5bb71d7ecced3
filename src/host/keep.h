/* keep.h: errno belongs to the program. A function that goes through the C library on the way of a Windows call begins
 * with HOST_KEEP_ERRNO: errno is at its end what it was. */
#ifndef WINMEM_HOST_KEEP_H
#define WINMEM_HOST_KEEP_H

#include <errno.h>

static inline void host_restore_errno(const int *kept)
{
    errno = *kept;
}
#define HOST_KEEP_ERRNO int kept_errno __attribute__((cleanup(host_restore_errno), unused)) = errno

#endif
