/* winreg.h: the registry is not here. */
#ifndef WINMEM_WINREG_H
#define WINMEM_WINREG_H

#include "windef.h"

#endif
