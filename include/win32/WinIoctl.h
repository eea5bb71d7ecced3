/* WinIoctl.h: winioctl.h, as sources from a system that does not tell the case of letters spell it. */
#include "winioctl.h"
