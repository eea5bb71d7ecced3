/* winmem_posix.h: the system's functions that strict C hides, by names of this library's own. Declared here because the
 * Microsoft names for them are there in every mode. */
#ifndef WINMEM_POSIX_H
#define WINMEM_POSIX_H

#include "winmem_compiler.h"

#include <stddef.h>

struct tm;
struct timespec;
struct stat;
WINMEM_BEGIN_DECLS
extern char *winmem_posix_strdup(const char *) __asm__("strdup");
extern int winmem_posix_setenv(const char *, const char *, int) __asm__("setenv");
extern int winmem_posix_unsetenv(const char *) __asm__("unsetenv");
extern int winmem_posix_strcasecmp(const char *, const char *) __asm__("strcasecmp");
extern int winmem_posix_strncasecmp(const char *, const char *, size_t) __asm__("strncasecmp");
extern char *winmem_posix_strtok_r(char *, const char *, char **) __asm__("strtok_r");
extern size_t winmem_posix_strnlen(const char *, size_t) __asm__("strnlen");
extern void winmem_posix_qsort_r(void *, size_t, size_t, int (*)(const void *, const void *, void *), void *)
    __asm__("qsort_r");
extern char *winmem_posix_realpath(const char *, char *) __asm__("realpath");
extern int winmem_posix_putenv(char *) __asm__("putenv");
extern struct tm *winmem_posix_localtime_r(const long *, struct tm *) __asm__("localtime_r");
extern struct tm *winmem_posix_gmtime_r(const long *, struct tm *) __asm__("gmtime_r");
extern long winmem_posix_timegm(struct tm *) __asm__("timegm");
extern void winmem_posix_tzset(void) __asm__("tzset");
extern int winmem_posix_clock_gettime(int, struct timespec *) __asm__("clock_gettime");
extern long winmem_posix_timezone __asm__("timezone");
extern int winmem_posix_daylight __asm__("daylight");
extern char *winmem_posix_tzname[2] __asm__("tzname");
extern int winmem_posix_pipe(int[2]) __asm__("pipe");
extern int winmem_posix_fsync(int) __asm__("fsync");
extern int winmem_posix_ftruncate(int, long) __asm__("ftruncate");
extern int winmem_posix_mkstemp(char *) __asm__("mkstemp");
WINMEM_END_DECLS

#endif
