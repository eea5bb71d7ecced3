/* io.h: files by descriptor, under the Microsoft names. */
#ifndef WINMEM_IO_H
#define WINMEM_IO_H

#include "winmem_compiler.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define _open open
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
#define _commit fsync
#define _chsize ftruncate
#define _chsize_s ftruncate
#define _tell(descriptor) lseek((descriptor), 0, SEEK_CUR)
#define _telli64(descriptor) lseek((descriptor), 0, SEEK_CUR)

WINMEM_BEGIN_DECLS
/* The handle of a descriptor: the same one as long as the descriptor means the same file; closed by the process' end
 * (CloseHandle is not for it). -1 and EBADF when the descriptor is not open. Thread-safe. */
__attribute__((__visibility__("default"))) intptr_t _get_osfhandle(int descriptor);
/* A descriptor for the file of a handle, which it takes over: closing the descriptor is enough, as is closing neither
 * before the process ends. -1 and EBADF for a handle that is no file's. */
__attribute__((__visibility__("default"))) int _open_osfhandle(intptr_t handle, int flags);
/* close, and the handle that was given for the descriptor. */
__attribute__((__visibility__("default"))) int _close(int descriptor);
__attribute__((__visibility__("default"))) long long _filelengthi64(int descriptor);
WINMEM_END_DECLS
#define _filelength(descriptor) ((long)_filelengthi64(descriptor))

#endif
