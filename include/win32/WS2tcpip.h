/* WS2tcpip.h: ws2tcpip.h by another case. */
#include "ws2tcpip.h"
