/* imagehlp.h: see dbghelp.h. */
#ifndef WINMEM_IMAGEHLP_H
#define WINMEM_IMAGEHLP_H

#include "dbghelp.h"

#endif
