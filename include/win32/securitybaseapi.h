/* securitybaseapi.h: privileges; they stand in winbase.h. */
#ifndef WINMEM_SECURITYBASEAPI_H
#define WINMEM_SECURITYBASEAPI_H

#include "winbase.h"

#endif
