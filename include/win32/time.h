/* time.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <time.h>
#if !defined(WINMEM_TIME_H) && defined(CLOCKS_PER_SEC)
#define WINMEM_TIME_H

#include "crtdefs.h"
#include "winmem_posix.h"

#define WINMEM_TIME_INLINE static __inline__ __attribute__((__unused__))
#define _time64 time
#define _time32 time
#define _localtime64 localtime
#define _gmtime64 gmtime
#define _mktime64 mktime
#define _ctime64 ctime
#define _difftime64 difftime
#define _mkgmtime(parts) winmem_posix_timegm(parts)
#define _mkgmtime64(parts) winmem_posix_timegm(parts)
#define _tzset() winmem_posix_tzset()
#define _timezone winmem_posix_timezone
#define _daylight winmem_posix_daylight
#define _tzname winmem_posix_tzname
#define _get_timezone(to) (*(to) = winmem_posix_timezone, 0)
#define _get_daylight(to) (*(to) = winmem_posix_daylight, 0)

WINMEM_BEGIN_DECLS
extern int winmem_invalid_parameter(int error);
WINMEM_END_DECLS
/* Microsoft's order of the parameters: the result first. */
WINMEM_TIME_INLINE int localtime_s(struct tm *to, const time_t *time)
{
    return to && time && winmem_posix_localtime_r(time, to) ? 0 : winmem_invalid_parameter(22);
}
WINMEM_TIME_INLINE int gmtime_s(struct tm *to, const time_t *time)
{
    return to && time && winmem_posix_gmtime_r(time, to) ? 0 : winmem_invalid_parameter(22);
}
#define _localtime64_s localtime_s
#define _gmtime64_s gmtime_s
WINMEM_TIME_INLINE int asctime_s(char *to, size_t size, const struct tm *parts)
{
    if (!to || size < 26 || !parts)
        return winmem_invalid_parameter(22);
    return strftime(to, size, "%a %b %d %H:%M:%S %Y\n", parts) ? 0 : 22;
}
WINMEM_TIME_INLINE int ctime_s(char *to, size_t size, const time_t *time)
{
    struct tm parts;
    if (!to || size < 26 || !time)
        return winmem_invalid_parameter(22);
    return winmem_posix_localtime_r(time, &parts) ? asctime_s(to, size, &parts) : 22;
}
#define _ctime64_s ctime_s
WINMEM_TIME_INLINE int _strdate_s(char *to, size_t size)
{
    time_t now = time((time_t *)0);
    struct tm parts;
    if (!to || size < 9)
        return winmem_invalid_parameter(to ? 34 : 22);
    return strftime(to, size, "%m/%d/%y", winmem_posix_localtime_r(&now, &parts)) ? 0 : 22;
}
WINMEM_TIME_INLINE int _strtime_s(char *to, size_t size)
{
    time_t now = time((time_t *)0);
    struct tm parts;
    if (!to || size < 9)
        return winmem_invalid_parameter(to ? 34 : 22);
    return strftime(to, size, "%H:%M:%S", winmem_posix_localtime_r(&now, &parts)) ? 0 : 22;
}
WINMEM_TIME_INLINE char *_strdate(char *to)
{
    return _strdate_s(to, 9) ? (char *)0 : to;
}
WINMEM_TIME_INLINE char *_strtime(char *to)
{
    return _strtime_s(to, 9) ? (char *)0 : to;
}
#ifdef __cplusplus
extern "C++" {
template <size_t size>
inline int asctime_s(char (&to)[size], const struct tm *parts)
{
    return asctime_s(to, size, parts);
}
template <size_t size>
inline int ctime_s(char (&to)[size], const time_t *time)
{
    return ctime_s(to, size, time);
}
template <size_t size>
inline int _strdate_s(char (&to)[size])
{
    return _strdate_s(to, size);
}
template <size_t size>
inline int _strtime_s(char (&to)[size])
{
    return _strtime_s(to, size);
}
}
#endif
#endif
