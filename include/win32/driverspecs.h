/* driverspecs.h: annotations; see sal.h. */
#ifndef WINMEM_DRIVERSPECS_H
#define WINMEM_DRIVERSPECS_H

#include "sal.h"

#endif
