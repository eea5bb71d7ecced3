/* realtimeapiset.h: times; they stand in sysinfoapi.h. */
#ifndef WINMEM_REALTIMEAPISET_H
#define WINMEM_REALTIMEAPISET_H

#include "sysinfoapi.h"

#endif
