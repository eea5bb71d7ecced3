/* tlHelp32.h: tlhelp32.h, as sources from a system that does not tell the case of letters spell it. */
#include "tlhelp32.h"
