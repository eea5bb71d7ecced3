/* ole2.h: see objbase.h and oleauto.h. */
#ifndef WINMEM_OLE2_H
#define WINMEM_OLE2_H

#include "objbase.h"
#include "oleauto.h"

#endif
