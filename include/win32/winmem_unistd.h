/* winmem_unistd.h: of <unistd.h> the names that Microsoft's <io.h>, <process.h> and <direct.h> have, and no others: programs
 * written for Windows have functions of their own called getopt, sleep, pause, link or sync. The declarations are the
 * system's, which may be included besides. Not for sources that are not compiled as Windows programs. */
#ifndef WINMEM_UNISTD_H
#define WINMEM_UNISTD_H

#include "winmem_compiler.h"

#include <stddef.h>
#include <sys/types.h>

#if __SIZEOF_WCHAR_T__ != 2 || defined(__USE_FILE_OFFSET64) || defined(_UNISTD_H)
#include <unistd.h>
#else
WINMEM_BEGIN_DECLS
extern int access(const char *path, int mode) __THROW;
extern int chdir(const char *path) __THROW;
extern int close(int descriptor);
extern int dup(int descriptor) __THROW;
extern int dup2(int from, int to) __THROW;
extern int execl(const char *path, const char *argument, ...) __THROW;
extern int execle(const char *path, const char *argument, ...) __THROW;
extern int execlp(const char *file, const char *argument, ...) __THROW;
extern int execv(const char *path, char *const arguments[]) __THROW;
extern int execve(const char *path, char *const arguments[], char *const environment[]) __THROW;
extern int execvp(const char *file, char *const arguments[]) __THROW;
extern void _exit(int status) __attribute__((__noreturn__));
extern char *getcwd(char *buffer, size_t size) __THROW;
extern __pid_t getpid(void) __THROW;
extern int isatty(int descriptor) __THROW;
extern __off_t lseek(int descriptor, __off_t offset, int whence) __THROW;
extern ssize_t read(int descriptor, void *buffer, size_t count);
extern int rmdir(const char *path) __THROW;
extern int unlink(const char *path) __THROW;
extern ssize_t write(int descriptor, const void *buffer, size_t count);
WINMEM_END_DECLS
#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2
#define R_OK 4
#define W_OK 2
#define X_OK 1
#define F_OK 0
#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
#endif

#endif
