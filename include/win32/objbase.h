/* objbase.h: see combaseapi.h. */
#ifndef WINMEM_OBJBASE_H
#define WINMEM_OBJBASE_H

#include "combaseapi.h"

#endif
