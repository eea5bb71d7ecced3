/* io.h: files by descriptor, under the Microsoft names; searching of directories. */
#ifndef WINMEM_IO_H
#define WINMEM_IO_H

#include "crtdefs.h"
#include "fileapi.h"
#include "handleapi.h"
#include "winmem_unistd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Names of files may be written as on Windows. */
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_BEGIN_DECLS
#ifndef __USE_FILE_OFFSET64
extern int open(const char *, int, ...) __asm__("winmem_open");
extern int creat(const char *, mode_t) __asm__("winmem_creat");
#endif
extern int __REDIRECT_NTHNL(access, (const char *, int), winmem_access);
extern int __REDIRECT_NTHNL(unlink, (const char *), winmem_unlink);
WINMEM_END_DECLS
#endif
#define WINMEM_IO_INLINE static __inline__ __attribute__((__unused__))
#define _open open
#define _sopen(path, flags, share, ...) open((path), (flags), ##__VA_ARGS__)
#define _creat creat
#define _read(descriptor, buffer, count) ((int)read((descriptor), (buffer), (count)))
#define _write(descriptor, buffer, count) ((int)write((descriptor), (buffer), (count)))
#define _lseek lseek
#define _lseeki64 lseek
#define _tell(descriptor) lseek((descriptor), 0, SEEK_CUR)
#define _telli64(descriptor) lseek((descriptor), 0, SEEK_CUR)
#define _isatty isatty
#ifndef _unlink
#define _unlink unlink
#endif
#define _access access
#define _access_s(path, mode) (access((path), (mode)) ? errno : 0)
#define _dup dup
#define _dup2(from, to) (dup2((from), (to)) < 0 ? -1 : 0)
#define _commit(descriptor) winmem_posix_fsync(descriptor)
#define _chsize(descriptor, size) winmem_posix_ftruncate((descriptor), (size))
#define _chsize_s(descriptor, size) (winmem_posix_ftruncate((descriptor), (size)) ? errno : 0)
#define _setmode(descriptor, mode) ((int)((void)(descriptor), (void)(mode), 0x8000))
#define _pipe(pair, size, mode) winmem_posix_pipe(pair)
#define setmode _setmode
#define sopen _sopen
#define chsize _chsize
#define filelength _filelength

WINMEM_BEGIN_DECLS
/* The handle of a descriptor: the same one as long as the descriptor means the same file; closed by the process' end
 * (CloseHandle is not for it). -1 and EBADF when the descriptor is not open. Thread-safe. */
__attribute__((__visibility__("default"))) intptr_t _get_osfhandle(int descriptor);
/* A descriptor for the file of a handle, which it takes over: closing the descriptor is enough, as is closing neither
 * before the process ends. -1 and EBADF for a handle that is no file's. */
__attribute__((__visibility__("default"))) int _open_osfhandle(intptr_t handle, int flags);
/* close, and the handle that was given for the descriptor. */
__attribute__((__visibility__("default"))) int _close(int descriptor);
/* Bytes from the place of the descriptor on, locked and unlocked by the modes of sys/locking.h: EACCES when they cannot
 * be had, EDEADLK after ten tries of a second each. */
__attribute__((__visibility__("default"))) int _locking(int descriptor, int mode, long count);
/* The names from before the underscore, functions: streams have members of these names. */
__attribute__((__visibility__("default"))) int locking(int descriptor, int mode, long count);
__attribute__((__visibility__("default"))) long tell(int descriptor);
__attribute__((__visibility__("default"))) int eof(int descriptor);
/* The six X at the end become a letter and five digits of which there is no file yet. */
__attribute__((__visibility__("default"))) char *_mktemp(char *pattern);
__attribute__((__visibility__("default"))) int _mktemp_s(char *pattern, size_t size);
__attribute__((__visibility__("default"))) long long _filelengthi64(int descriptor);
WINMEM_END_DECLS
#define _filelength(descriptor) ((int)_filelengthi64(descriptor))
WINMEM_IO_INLINE int _eof(int descriptor)
{
    off_t at = lseek(descriptor, 0, SEEK_CUR);
    return at < 0 ? -1 : at >= (off_t)_filelengthi64(descriptor);
}
WINMEM_IO_INLINE int _sopen_s(int *descriptor, const char *path, int flags, int share, int mode)
{
    (void)share;
    *descriptor = open(path, flags, mode);
    return *descriptor < 0 ? errno : 0;
}
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_IO_INLINE int winmem_wide_open(const wchar_t *path, int flags, int mode)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : open(name, flags, mode);
}
#define _wsopen(path, flags, share, ...) _wopen((path), (flags), ##__VA_ARGS__)
WINMEM_IO_INLINE int _wsopen_s(int *descriptor, const wchar_t *path, int flags, int share, int mode)
{
    (void)share;
    *descriptor = winmem_wide_open(path, flags, mode);
    return *descriptor < 0 ? errno : 0;
}
#define _wopen(path, ...) WINMEM_WOPEN((path), __VA_ARGS__, 0600, 0)
#define WINMEM_WOPEN(path, flags, mode, ...) winmem_wide_open((path), (flags), (mode))
#endif

#define _A_NORMAL 0x00
#define _A_RDONLY 0x01
#define _A_HIDDEN 0x02
#define _A_SYSTEM 0x04
#define _A_SUBDIR 0x10
#define _A_ARCH 0x20
typedef unsigned int _fsize_t;
/* One layout for every _find: times and sizes of 64 bits. */
#define WINMEM_FIND_DATA(tag, type)                                                                                    \
    struct tag {                                                                                                       \
        unsigned attrib;                                                                                               \
        time_t time_create, time_access, time_write;                                                                   \
        long long size;                                                                                                \
        type name[260];                                                                                                \
    }
WINMEM_FIND_DATA(_finddata_t, char);
WINMEM_FIND_DATA(_wfinddata_t, wchar_t);
#define _finddata64_t _finddata_t
#define _finddatai64_t _finddata_t
#define __finddata64_t _finddata_t
#define _finddata64i32_t _finddata_t
#define _wfinddata64_t _wfinddata_t
#define _wfinddatai64_t _wfinddata_t
WINMEM_IO_INLINE time_t winmem_file_time(FILETIME time)
{
    return (time_t)((((unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10000000) - 11644473600ull);
}
#define WINMEM_FIND(first, next, tag, type, search, first_call, next_call)                                             \
    WINMEM_IO_INLINE void winmem_fill##first(struct tag *to, const search *from)                                       \
    {                                                                                                                  \
        to->attrib = from->dwFileAttributes == FILE_ATTRIBUTE_NORMAL ? _A_NORMAL : from->dwFileAttributes;             \
        to->time_create = winmem_file_time(from->ftCreationTime);                                                      \
        to->time_access = winmem_file_time(from->ftLastAccessTime);                                                    \
        to->time_write = winmem_file_time(from->ftLastWriteTime);                                                      \
        to->size = (long long)from->nFileSizeHigh << 32 | from->nFileSizeLow;                                          \
        memcpy(to->name, from->cFileName, sizeof to->name);                                                            \
    }                                                                                                                  \
    WINMEM_IO_INLINE intptr_t first(const type *pattern, struct tag *to)                                               \
    {                                                                                                                  \
        search found;                                                                                                  \
        HANDLE handle = first_call(pattern, &found);                                                                   \
        if (handle == INVALID_HANDLE_VALUE)                                                                            \
            errno = ENOENT;                                                                                            \
        else                                                                                                           \
            winmem_fill##first(to, &found);                                                                            \
        return (intptr_t)handle;                                                                                       \
    }                                                                                                                  \
    WINMEM_IO_INLINE int next(intptr_t handle, struct tag *to)                                                         \
    {                                                                                                                  \
        search found;                                                                                                  \
        if (!next_call((HANDLE)handle, &found)) {                                                                      \
            errno = ENOENT;                                                                                            \
            return -1;                                                                                                 \
        }                                                                                                              \
        winmem_fill##first(to, &found);                                                                                \
        return 0;                                                                                                      \
    }
WINMEM_FIND(_findfirst, _findnext, _finddata_t, char, WIN32_FIND_DATAA, FindFirstFileA, FindNextFileA)
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_FIND(_wfindfirst, _wfindnext, _wfinddata_t, wchar_t, WIN32_FIND_DATAW, FindFirstFileW, FindNextFileW)
#define _wfindfirst64 _wfindfirst
#define _wfindnext64 _wfindnext
#define _wfindfirsti64 _wfindfirst
#define _wfindnexti64 _wfindnext
#endif
#define _findfirst64 _findfirst
#define _findnext64 _findnext
#define _findfirsti64 _findfirst
#define _findnexti64 _findnext
#define _findfirst64i32 _findfirst
#define _findnext64i32 _findnext
WINMEM_IO_INLINE int _findclose(intptr_t handle)
{
    return FindClose((HANDLE)handle) ? 0 : -1;
}

#endif
