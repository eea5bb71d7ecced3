/* timezoneapi.h: SYSTEMTIME and FILETIME, one to the other. */
#ifndef WINMEM_TIMEZONEAPI_H
#define WINMEM_TIMEZONEAPI_H

#include "minwinbase.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime);
WINBASEAPI BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime);
WINMEM_END_DECLS

#endif
