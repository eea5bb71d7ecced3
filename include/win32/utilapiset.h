/* utilapiset.h: Beep and Encode are not here. */
#ifndef WINMEM_UTILAPISET_H
#define WINMEM_UTILAPISET_H

#include "winbase.h"

#endif
