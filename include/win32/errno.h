/* errno.h: the system's, with Microsoft's type of it. */
#pragma GCC system_header
#include_next <errno.h>
#ifndef WINMEM_ERRNO_H
#define WINMEM_ERRNO_H
#ifndef __ASSEMBLER__
#include "crtdefs.h"
#endif
#ifndef STRUNCATE
#define STRUNCATE 80
#endif
#endif
