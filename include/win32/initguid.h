/* initguid.h: what DEFINE_GUID names after it is defined here, not declared. */
#ifndef INITGUID
#define INITGUID
#endif
#include "guiddef.h"
