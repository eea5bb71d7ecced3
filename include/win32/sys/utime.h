/* sys/utime.h: times of files, under the Microsoft names. */
#ifndef WINMEM_SYS_UTIME_H
#define WINMEM_SYS_UTIME_H

#include "winmem_compiler.h"

#include <sys/types.h>
#include <time.h>
#include <utime.h>

/* Names of files may be written as on Windows. */
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_BEGIN_DECLS
extern int utime(const char *path, const struct utimbuf *times) __asm__("winmem_utime");
WINMEM_END_DECLS
#endif
#define _utimbuf utimbuf
#define __utimbuf64 utimbuf
#define _utime utime
#define _utime64 utime
#define _futime(descriptor, times) winmem_file_times((descriptor), (times))
#define _futime64 _futime
WINMEM_BEGIN_DECLS
extern int winmem_posix_futimens(int, const struct timespec *) __asm__("futimens");
WINMEM_END_DECLS
static __inline__ __attribute__((__unused__)) int winmem_file_times(int descriptor, const struct utimbuf *times)
{
    struct timespec pair[2] = {{0, 0}, {0, 0}};
    if (times) {
        pair[0].tv_sec = times->actime;
        pair[1].tv_sec = times->modtime;
    }
    return winmem_posix_futimens(descriptor, times ? pair : (const struct timespec *)0);
}

#endif
