/* thread.h: a thread of the library's own, which sees no signal but those of faults and that nobody joins. 0 or -errno.
 */
#ifndef WINMEM_HOST_THREAD_H
#define WINMEM_HOST_THREAD_H

#include "host/shared.h"

WINMEM_SHARED int host_thread_start(void *(*routine)(void *), void *argument);

#endif
