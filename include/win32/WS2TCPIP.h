/* WS2TCPIP.h: ws2tcpip.h, as sources from a system that does not tell the case of letters spell it. */
#include "ws2tcpip.h"
