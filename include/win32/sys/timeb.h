/* sys/timeb.h: the time with its milliseconds, under the Microsoft names. */
#pragma GCC system_header
#ifndef WINMEM_SYS_TIMEB_H
#define WINMEM_SYS_TIMEB_H

#include <time.h>

struct _timeb {
    time_t time;
    unsigned short millitm;
    short timezone; /* minutes west */
    short dstflag;
};
#define _timeb64 _timeb
#define __timeb64 _timeb
static __inline__ __attribute__((__unused__)) int _ftime_s(struct _timeb *to)
{
    struct timespec now;
    struct tm parts;
    if (!to)
        return winmem_invalid_parameter(22);
    timespec_get(&now, TIME_UTC);
    winmem_posix_tzset();
    winmem_posix_localtime_r(&now.tv_sec, &parts);
    to->time = now.tv_sec;
    to->millitm = (unsigned short)(now.tv_nsec / 1000000);
    to->timezone = (short)(winmem_posix_timezone / 60);
    to->dstflag = (short)(parts.tm_isdst > 0);
    return 0;
}
#define _ftime(to) ((void)_ftime_s(to))
#define _ftime64(to) ((void)_ftime_s(to))
#define _ftime64_s _ftime_s
#define ftime(to) _ftime_s((struct _timeb *)(to))
#define timeb _timeb

#endif
