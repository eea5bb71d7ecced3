/* path.h: names of files as Windows programs write them, turned into the kernel's; and errno into a status. */
#ifndef WINMEM_BASE_PATH_H
#define WINMEM_BASE_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <winternl.h>

struct _WIN32_FILE_ATTRIBUTE_DATA;

/* Backslashes become slashes, \\?\ and \\.\ prefixes and a drive letter go (every drive is the one tree), NUL is the
 * null device. OBJECT_PATH_NOT_FOUND for an empty name, NAME_TOO_LONG past `size`. */
NTSTATUS path_translate(const char *name, char *path, size_t size);
NTSTATUS path_translate_wide(const WCHAR *name, char *path, size_t size);
/* The same of what need not name a file: the others say OBJECT_NAME_INVALID of a character that no file's name has. */
NTSTATUS path_translate_pattern(const char *name, char *path, size_t size);
NTSTATUS path_translate_pattern_wide(const WCHAR *name, char *path, size_t size);
/* The other way, in place: an absolute name gets its drive and backslashes. False: `size` is too small. */
bool path_as_windows(char *path, size_t size);
void path_strip(char *path);
/* An absolute path, its "." and ".." worked out without asking the file system. */
NTSTATUS path_full(const char *path, char *full, size_t size);
/* What is told of a file by its name. */
struct stat;
void path_describe(const struct stat *status, struct _WIN32_FILE_ATTRIBUTE_DATA *data);
/* The status of a failed call on a path: a missing directory is told from a missing file. */
NTSTATUS path_status(int error, const char *path);
/* The status of a failed call on a descriptor. */
NTSTATUS errno_status(int error);

#endif
