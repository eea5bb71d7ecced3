/* direct.h: directories, under the Microsoft names. */
#ifndef WINMEM_DIRECT_H
#define WINMEM_DIRECT_H

#include "winmem_compiler.h"
#include "winmem_unistd.h"

#include <string.h>
#include <sys/stat.h>

/* Names of files may be written as on Windows. */
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_BEGIN_DECLS
extern int __REDIRECT_NTHNL(rmdir, (const char *), winmem_rmdir);
extern int __REDIRECT_NTHNL(chdir, (const char *), winmem_chdir);
WINMEM_END_DECLS
#endif
#define _mkdir(path) mkdir((path), 0777)
#define _rmdir rmdir
#define _chdir chdir
#define _getcwd(buffer, size) getcwd((buffer), (size_t)(size))
#define _getdcwd(drive, buffer, size) getcwd((buffer), (size_t)(size))
#define _getdrive() 3
#define _chdrive(drive) ((drive) == 3 ? 0 : -1)
#define _getdrives() (1ul << 2)
/* The drive's room in clusters of one page. */
#ifndef _DISKFREE_T_DEFINED
#define _DISKFREE_T_DEFINED
struct _diskfree_t {
    unsigned total_clusters, avail_clusters, sectors_per_cluster, bytes_per_sector;
};
#endif
#define diskfree_t _diskfree_t
WINMEM_BEGIN_DECLS
WINMEM_API unsigned _getdiskfree(unsigned drive, struct _diskfree_t *room);
WINMEM_END_DECLS
#if __SIZEOF_WCHAR_T__ == 2
#define WINMEM_WIDE_DIRECTORY(name, call)                                                                              \
    static __inline__ __attribute__((__unused__)) int name(const wchar_t *path)                                        \
    {                                                                                                                  \
        char narrow[WINMEM_PATH_MOST];                                                                                 \
        return winmem_narrow_path(path, narrow) ? -1 : call;                                                           \
    }
WINMEM_WIDE_DIRECTORY(_wmkdir, mkdir(narrow, 0777))
WINMEM_WIDE_DIRECTORY(_wrmdir, rmdir(narrow))
WINMEM_WIDE_DIRECTORY(_wchdir, chdir(narrow))
#define _wgetdcwd(drive, buffer, size) _wgetcwd((buffer), (size))
static __inline__ __attribute__((__unused__)) wchar_t *_wgetcwd(wchar_t *to, int size)
{
    char narrow[WINMEM_PATH_MOST];
    return getcwd(narrow, sizeof narrow) && mbstowcs_s((size_t *)0, to, (size_t)size, narrow, (size_t)size - 1) == 0
               ? to
               : (wchar_t *)0;
}
#endif

#endif
