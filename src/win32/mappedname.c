/* mappedname.c: GetMappedFileName: the name of the file behind a view. Calls the Nt form; sets the last error. */
#include <windows.h>

#include <psapi.h>
#include <stdint.h>
#include <string.h>

#include "host/utf.h"
#include "win32/win32.h"

#define LONGEST 4200 /* characters of a path with its volume */

/* The name, not terminated; 0 with the last error set. */
static size_t find_name(HANDLE process, PVOID address, WCHAR *name)
{
    union {
        UNICODE_STRING string;
        WCHAR room[LONGEST + sizeof(UNICODE_STRING) / sizeof(WCHAR)];
    } buffer;
    SIZE_T returned;
    NTSTATUS status =
        NtQueryVirtualMemory(process, address, MemoryMappedFilenameInformation, &buffer, sizeof(buffer), &returned);
    if (!win32_status(status))
        return 0;
    memcpy(name, buffer.string.Buffer, buffer.string.Length);
    return buffer.string.Length / sizeof(WCHAR);
}

DWORD WINAPI GetMappedFileNameW(HANDLE hProcess, LPVOID lpv, LPWSTR lpFilename, DWORD nSize)
{
    WCHAR name[LONGEST];
    if (nSize == 0)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    size_t length = find_name(hProcess, lpv, name);
    if (length == 0)
        return 0;
    size_t copied = length < nSize ? length : nSize - 1;
    memcpy(lpFilename, name, copied * sizeof(WCHAR));
    lpFilename[copied] = 0;
    if (copied == length)
        return (DWORD)length;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return nSize;
}

DWORD WINAPI GetMappedFileNameA(HANDLE hProcess, LPVOID lpv, LPSTR lpFilename, DWORD nSize)
{
    WCHAR name[LONGEST];
    char text[LONGEST * 3];
    if (nSize == 0)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    size_t length = find_name(hProcess, lpv, name);
    if (length == 0)
        return 0;
    size_t bytes = host_utf16_to_utf8((const uint16_t *)name, length, text, sizeof(text), 0);
    size_t copied = bytes < nSize ? bytes : nSize - 1;
    memcpy(lpFilename, text, copied);
    lpFilename[copied] = 0;
    if (copied == bytes)
        return (DWORD)bytes;
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return nSize;
}

__attribute__((alias("GetMappedFileNameW"))) DWORD K32GetMappedFileNameW(HANDLE, LPVOID, LPWSTR, DWORD);
__attribute__((alias("GetMappedFileNameA"))) DWORD K32GetMappedFileNameA(HANDLE, LPVOID, LPSTR, DWORD);
