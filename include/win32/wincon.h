/* wincon.h: the older name of consoleapi.h. */
#ifndef WINMEM_WINCON_H
#define WINMEM_WINCON_H

#include "consoleapi.h"

#endif
