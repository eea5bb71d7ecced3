/* sys/stat.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <sys/stat.h>
#ifndef WINMEM_SYS_STAT_H
#define WINMEM_SYS_STAT_H

#define _stat stat
#define _stat64 stat
#define _stati64 stat
#define _stat64i32 stat
#define __stat64 stat
#define _fstat fstat
#define _fstat64 fstat
#define _fstati64 fstat
#define _fstat64i32 fstat
#define _S_IFMT S_IFMT
#define _S_IFDIR S_IFDIR
#define _S_IFCHR S_IFCHR
#define _S_IFIFO S_IFIFO
#define _S_IFREG S_IFREG
#define _S_IREAD S_IRUSR
#define _S_IWRITE S_IWUSR
#define _S_IEXEC S_IXUSR

#endif
