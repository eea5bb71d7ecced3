/* Jobapi2.h: jobapi2.h, as sources from a system that does not tell the case of letters spell it. */
#include "jobapi2.h"
