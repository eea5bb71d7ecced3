/* wtypes.h: see objbase.h. */
#ifndef WINMEM_WTYPES_H
#define WINMEM_WTYPES_H

#include "oleauto.h"

#endif
