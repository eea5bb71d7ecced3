/* jobapi2.h: newer job calls; all that is here stands in jobapi.h. */
#ifndef WINMEM_JOBAPI2_H
#define WINMEM_JOBAPI2_H

#include "jobapi.h"

#endif
