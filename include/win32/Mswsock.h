/* Mswsock.h: mswsock.h by another case. */
#include "mswsock.h"
