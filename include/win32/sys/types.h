/* sys/types.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <sys/types.h>
#ifndef WINMEM_SYS_TYPES_H
#define WINMEM_SYS_TYPES_H

typedef unsigned int _dev_t;
typedef unsigned short _ino_t;
typedef unsigned short _mode_t;
typedef int _pid_t;
typedef int _off_t;
typedef long long _off64_t;

#endif
