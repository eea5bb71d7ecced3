/* Winsock.h: winsock.h by another case. */
#include "winsock.h"
