/* systemtopologyapi.h: NUMA nodes; they stand in winbase.h. */
#ifndef WINMEM_SYSTEMTOPOLOGYAPI_H
#define WINMEM_SYSTEMTOPOLOGYAPI_H

#include "winbase.h"

#endif
