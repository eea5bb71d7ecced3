/* sys/stat.h: the system's, with Microsoft's names added: sizes and times have 64 bits in all of them. */
#pragma GCC system_header
#include_next <sys/stat.h>
#ifndef WINMEM_SYS_STAT_H
#define WINMEM_SYS_STAT_H

#include "../winmem_posix.h"

/* Names of files may be written as on Windows. */
#if __SIZEOF_WCHAR_T__ == 2
#ifdef __cplusplus
extern "C" {
#endif
#ifndef __USE_FILE_OFFSET64
extern int __REDIRECT_NTHNL(stat, (const char *__restrict, struct stat *__restrict), winmem_stat);
#endif
extern int __REDIRECT_NTHNL(chmod, (const char *, __mode_t), winmem_chmod);
extern int __REDIRECT_NTHNL(mkdir, (const char *, __mode_t), winmem_mkdir);
#ifdef __cplusplus
}
#endif
#endif
#define _stat stat
#define _stat32 stat
#define _stat64 stat
#define _stati64 stat
#define _stat64i32 stat
#define __stat64 stat
#define _fstat fstat
#define _fstat32 fstat
#define _fstat64 fstat
#define _fstati64 fstat
#define _fstat64i32 fstat
#define _S_IFMT 0170000
#define _S_IFDIR 0040000
#define _S_IFCHR 0020000
#define _S_IFIFO 0010000
#define _S_IFREG 0100000
#define _S_IREAD 0400
#define _S_IWRITE 0200
#define _S_IEXEC 0100
#ifndef S_IREAD
#define S_IREAD _S_IREAD
#define S_IWRITE _S_IWRITE
#define S_IEXEC _S_IEXEC
#endif
#define _chmod(path, mode) chmod((path), (mode) & 0600 ? ((mode) | ((mode) & 0400) >> 3 | ((mode) & 0400) >> 6) : 0444)
#define _umask umask

#if __SIZEOF_WCHAR_T__ == 2
#include <wchar.h>
static __inline__ __attribute__((__unused__)) int winmem_wide_stat(const wchar_t *path, struct stat *to)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : stat(name, to);
}
#define _wstat winmem_wide_stat
#define _wstat64 winmem_wide_stat
#define _wstati64 winmem_wide_stat
#define _wstat32 winmem_wide_stat
#define _wstat64i32 winmem_wide_stat
#endif

#endif
