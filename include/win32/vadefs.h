/* vadefs.h: arguments without names; they are the compiler's. */
#ifndef WINMEM_VADEFS_H
#define WINMEM_VADEFS_H

#include <stdarg.h>

#endif
