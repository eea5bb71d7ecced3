/* WinSock2.h: winsock2.h by another case. */
#include "winsock2.h"
