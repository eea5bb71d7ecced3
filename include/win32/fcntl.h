/* fcntl.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <fcntl.h>
#ifndef WINMEM_FCNTL_H
#define WINMEM_FCNTL_H

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_APPEND O_APPEND
#define _O_NOINHERIT O_CLOEXEC
/* Text is bytes here, and a hint is a hint. */
#define _O_BINARY 0
#define _O_TEXT 0
#define _O_U8TEXT 0
#define _O_U16TEXT 0
#define _O_WTEXT 0
#define _O_RAW 0
#define _O_SEQUENTIAL 0
#define _O_RANDOM 0
#define _O_SHORT_LIVED 0
#ifndef O_BINARY
#define O_BINARY 0
#define O_TEXT 0
#endif
#ifndef O_NOINHERIT /* the old names */
#define O_NOINHERIT _O_NOINHERIT
#define O_RAW _O_RAW
#define O_SEQUENTIAL _O_SEQUENTIAL
#define O_RANDOM _O_RANDOM
#endif

#endif
