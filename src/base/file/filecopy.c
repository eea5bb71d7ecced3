/* filecopy.c: files copied while the program is told how far it is. Sets the last error. */
#include <fileapi.h>
#include <limits.h>
#include <sys/stat.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define CHUNK (64u << 10)
#define KNOWN_FLAGS                                                                                                    \
    (COPY_FILE_FAIL_IF_EXISTS | COPY_FILE_RESTARTABLE | COPY_FILE_OPEN_SOURCE_FOR_WRITE |                              \
     COPY_FILE_ALLOW_DECRYPTED_DESTINATION | COPY_FILE_COPY_SYMLINK | COPY_FILE_NO_BUFFERING)

struct copy {
    LPPROGRESS_ROUTINE routine;
    LPVOID argument;
    LPBOOL cancel;
    HANDLE from, to;
    LARGE_INTEGER size, done;
    bool keep; /* what was copied stays though it is not all */
};

/* FALSE with the last error: it is to end. */
static BOOL told(struct copy *copy, DWORD reason)
{
    if (copy->routine) {
        DWORD answer = copy->routine(copy->size, copy->done, copy->size, copy->done, 1, reason, copy->from, copy->to,
                                     copy->argument);
        if (answer == PROGRESS_QUIET)
            copy->routine = NULL;
        copy->keep = answer == PROGRESS_STOP;
        if (answer == PROGRESS_CANCEL || answer == PROGRESS_STOP)
            return win32_error(ERROR_REQUEST_ABORTED);
    }
    if (copy->cancel && *(volatile BOOL *)copy->cancel)
        return win32_error(ERROR_REQUEST_ABORTED);
    return TRUE;
}

static BOOL copy_bytes(struct copy *copy)
{
    char *buffer = host_own_take(CHUNK);
    if (!buffer)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    DWORD got = 0, put = 0;
    BOOL good = told(copy, CALLBACK_STREAM_SWITCH);
    while (good && (good = ReadFile(copy->from, buffer, CHUNK, &got, NULL)) && got) {
        good = WriteFile(copy->to, buffer, got, &put, NULL);
        copy->done.QuadPart += put;
        good = good && told(copy, CALLBACK_CHUNK_FINISHED);
    }
    DWORD error = GetLastError();
    host_own_give(buffer);
    return good ? TRUE : win32_error(error);
}

static BOOL copy_told(const char *from, const char *to, struct copy *copy, DWORD flags)
{
    DWORD how = flags & COPY_FILE_FAIL_IF_EXISTS ? CREATE_NEW : CREATE_ALWAYS, before = GetLastError();
    struct stat about;
    copy->from = CreateFileA(from, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                             OPEN_EXISTING, 0, NULL);
    if (copy->from == INVALID_HANDLE_VALUE)
        return FALSE;
    copy->to = GetFileSizeEx(copy->from, &copy->size)
                   ? CreateFileA(to, GENERIC_WRITE | DELETE, FILE_SHARE_READ, NULL, how, 0, NULL)
                   : INVALID_HANDLE_VALUE;
    BOOL good = copy->to != INVALID_HANDLE_VALUE && copy_bytes(copy);
    DWORD error = GetLastError();
    CloseHandle(copy->from);
    if (copy->to != INVALID_HANDLE_VALUE) {
        CloseHandle(copy->to);
        if (good && stat(from, &about) == 0)
            chmod(to, about.st_mode & 0777);
        if (!good && !copy->keep)
            DeleteFileA(to);
    }
    SetLastError(good ? before : error);
    return good;
}

BOOL CopyFileExA(LPCSTR existing, LPCSTR name, LPPROGRESS_ROUTINE routine, LPVOID argument, LPBOOL cancel, DWORD flags)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct copy copy = {.routine = routine, .argument = argument, .cancel = cancel};
    if (flags & ~(DWORD)KNOWN_FLAGS)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!routine && !cancel)
        return CopyFileA(existing, name, flags & COPY_FILE_FAIL_IF_EXISTS);
    if (!win32_status(path_translate(existing, from, sizeof from)) ||
        !win32_status(path_translate(name, to, sizeof to)))
        return FALSE;
    return copy_told(from, to, &copy, flags);
}

BOOL CopyFileExW(LPCWSTR existing, LPCWSTR name, LPPROGRESS_ROUTINE routine, LPVOID argument, LPBOOL cancel,
                 DWORD flags)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!win32_status(path_translate_wide(existing, from, sizeof from)) ||
        !win32_status(path_translate_wide(name, to, sizeof to)))
        return FALSE;
    return CopyFileExA(from, to, routine, argument, cancel, flags);
}

/* A file that stays on its volume is renamed: there is nothing to tell. */
BOOL MoveFileWithProgressA(LPCSTR existing, LPCSTR name, LPPROGRESS_ROUTINE routine, LPVOID argument, DWORD flags)
{
    (void)argument;
    if (!routine || !(flags & MOVEFILE_COPY_ALLOWED))
        return MoveFileExA(existing, name, flags);
    if (MoveFileExA(existing, name, flags & ~(DWORD)MOVEFILE_COPY_ALLOWED))
        return TRUE;
    if (GetLastError() != ERROR_NOT_SAME_DEVICE)
        return FALSE;
    DWORD how = flags & MOVEFILE_REPLACE_EXISTING ? 0 : COPY_FILE_FAIL_IF_EXISTS;
    return CopyFileExA(existing, name, routine, argument, NULL, how) && DeleteFileA(existing);
}

BOOL MoveFileWithProgressW(LPCWSTR existing, LPCWSTR name, LPPROGRESS_ROUTINE routine, LPVOID argument, DWORD flags)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!win32_status(path_translate_wide(existing, from, sizeof from)) ||
        !win32_status(path_translate_wide(name, to, sizeof to)))
        return FALSE;
    return MoveFileWithProgressA(from, to, routine, argument, flags);
}
