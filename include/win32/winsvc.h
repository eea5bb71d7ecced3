/* winsvc.h: services are not here. */
#ifndef WINMEM_WINSVC_H
#define WINMEM_WINSVC_H

#include "windef.h"

#endif
