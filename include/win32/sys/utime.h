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

#endif
