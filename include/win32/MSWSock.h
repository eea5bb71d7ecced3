/* MSWSock.h: mswsock.h by another case. */
#include "mswsock.h"
