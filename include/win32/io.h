/* io.h: files by descriptor, under the Microsoft names. */
#ifndef WINMEM_IO_H
#define WINMEM_IO_H

#include "winmem_compiler.h"

#include <fcntl.h>
#include <unistd.h>

#define _open open
#define _close close
#define _read(descriptor, buffer, count) ((int)read((descriptor), (buffer), (count)))
#define _write(descriptor, buffer, count) ((int)write((descriptor), (buffer), (count)))
#define _lseek lseek
#define _lseeki64 lseek
#define _isatty isatty
#define _unlink unlink
#define _access access
#define _dup dup
#define _dup2 dup2
#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_APPEND O_APPEND
#define _O_BINARY 0
#define _O_TEXT 0
#ifndef O_BINARY
#define O_BINARY 0
#define O_TEXT 0
#endif
#define _O_U8TEXT 0
#define _O_U16TEXT 0
#define _setmode(descriptor, mode) ((void)(descriptor), (void)(mode), 0)

#endif
