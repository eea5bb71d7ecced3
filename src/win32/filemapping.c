/* filemapping.c: the faces of file mapping. Calls the Nt forms; sets the last error. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <stdint.h>
#include <string.h>

#include "host/own.h"
#include "host/utf.h"
#include "nt/probe.h"
#include "win32/win32.h"

#define SECTION_FLAGS                                                                                                  \
    (SEC_FILE | SEC_IMAGE | SEC_PROTECTED_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_WRITECOMBINE |          \
     SEC_LARGE_PAGES | SEC_HUGE_PAGES | SEC_64K_PAGES)
#define EXECUTABLE (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)
#define ANSI_LIMIT (MAX_PATH + 1) /* what the A forms take, with the terminator */
#define WIDE_LIMIT 32700          /* what a UNICODE_STRING can hold behind the directory */

/* A name as the Nt calls take it. */
struct object_name {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING string;
    WCHAR *text; /* freed with drop_name */
};

static size_t wide_length(PCWSTR text)
{
    return host_utf16_length((const uint16_t *)text);
}

static BOOL is_word(PCWSTR text, const char *word)
{
    while (*word && *text == (WCHAR)*word)
        text++, word++;
    return !*word && !*text;
}

/* "Local\x", "Global\x" and "x" are one directory here: a user has one session. The prefixes are links in it. */
static PCWSTR skip_links(PCWSTR text)
{
    static const char *const prefixes[] = {"Local\\", "Global\\"};
    for (size_t i = 0; i < 2;) {
        size_t length = strlen(prefixes[i]), same = 0;
        while (same < length && text[same] == (WCHAR)prefixes[i][same])
            same++;
        text += same == length ? length : 0;
        i = same == length ? 0 : i + 1;
    }
    return text;
}

/* NULL or empty: no name. */
static NTSTATUS make_name(struct object_name *name, PCWSTR wanted, const SECURITY_ATTRIBUTES *security, BOOL inherit)
{
    static const char directory[] = "\\BaseNamedObjects\\";
    size_t count = 0;
    name->text = NULL;
    ULONG flags = OBJ_OPENIF | (inherit || (security && security->bInheritHandle) ? OBJ_INHERIT : 0);
    if (wanted && *wanted) {
        wanted = skip_links(wanted);
        size_t length = wide_length(wanted);
        if (length > WIDE_LIMIT)
            return STATUS_NAME_TOO_LONG;
        if (*wanted == '\\')
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        if (length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        if (is_word(wanted, "Local") || is_word(wanted, "Global"))
            return STATUS_OBJECT_TYPE_MISMATCH; /* they are links in the directory */
        name->text = host_own_take((sizeof directory + length) * sizeof(WCHAR));
        if (!name->text)
            return STATUS_NO_MEMORY;
        for (; directory[count]; count++)
            name->text[count] = (WCHAR)directory[count];
        memcpy(name->text + count, wanted, length * sizeof(WCHAR));
        count += length;
    }
    const USHORT bytes = (USHORT)(count * sizeof(WCHAR));
    name->string = (UNICODE_STRING){.Length = bytes, .MaximumLength = bytes, .Buffer = name->text};
    InitializeObjectAttributes(&name->attributes, count ? &name->string : NULL, flags, NULL, NULL);
    return STATUS_SUCCESS;
}

static void drop_name(struct object_name *name)
{
    host_own_give(name->text);
}

/* What the A forms pass on; a name that is too long or not UTF-8 is no name of an object. */
static BOOL widen(LPCSTR text, WCHAR *wide, size_t size, PCWSTR *result)
{
    if (!text) {
        *result = NULL;
        return TRUE;
    }
    size_t needed = host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)wide, size, 0);
    if (needed == 0 || needed > size)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    *result = wide;
    return TRUE;
}

static ACCESS_MASK access_of(ULONG protect)
{
    ACCESS_MASK access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;
    if (protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
        access |= SECTION_MAP_WRITE;
    if (protect & EXECUTABLE)
        access |= SECTION_MAP_EXECUTE;
    return access;
}

static BOOL valid_protect(ULONG protect)
{
    switch (protect) {
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
        return TRUE;
    default:
        return FALSE;
    }
}

/* All the creating forms. access 0: as the protection asks. */
static HANDLE create_ex(HANDLE file, const SECURITY_ATTRIBUTES *security, ACCESS_MASK access, ULONG protect,
                        ULONG attributes, uint64_t size, PCWSTR name, MEM_EXTENDED_PARAMETER *extended, ULONG count)
{
    struct object_name object;
    LARGE_INTEGER maximum = {.QuadPart = (LONGLONG)size};
    HANDLE handle;
    if (!valid_protect(protect)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (attributes == 0) /* any other flag needs its kind beside it */
        attributes = SEC_COMMIT;
    NTSTATUS status = make_name(&object, name, security, FALSE);
    if (NT_SUCCESS(status))
        status =
            NtCreateSectionEx(&handle, access ? access : access_of(protect), &object.attributes, size ? &maximum : NULL,
                              protect, attributes, file == INVALID_HANDLE_VALUE ? NULL : file, extended, count);
    drop_name(&object);
    if (!win32_status(status))
        return NULL;
    SetLastError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

static HANDLE create(HANDLE file, const SECURITY_ATTRIBUTES *security, ACCESS_MASK access, ULONG protect,
                     ULONG attributes, uint64_t size, PCWSTR name)
{
    return create_ex(file, security, access, protect, attributes, size, name, NULL, 0);
}

HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect,
                                 DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName)
{
    return create(hFile, lpFileMappingAttributes, 0, flProtect & ~SECTION_FLAGS, flProtect & SECTION_FLAGS,
                  (uint64_t)dwMaximumSizeHigh << 32 | dwMaximumSizeLow, lpName);
}

HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect,
                                 DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName)
{
    WCHAR wide[ANSI_LIMIT];
    PCWSTR name;
    if (!widen(lpName, wide, ANSI_LIMIT, &name))
        return NULL;
    return CreateFileMappingW(hFile, lpFileMappingAttributes, flProtect, dwMaximumSizeHigh, dwMaximumSizeLow, name);
}

static BOOL valid_node(DWORD node)
{
    ULONG highest = 0;
    if (node == NUMA_NO_PREFERRED_NODE || (GetNumaHighestNodeNumber(&highest) && node <= highest))
        return TRUE;
    return win32_error(ERROR_INVALID_PARAMETER);
}

HANDLE WINAPI CreateFileMappingNumaW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect,
                                     DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName,
                                     DWORD nndPreferred)
{
    if (!valid_node(nndPreferred))
        return NULL;
    return CreateFileMappingW(hFile, lpFileMappingAttributes, flProtect, dwMaximumSizeHigh, dwMaximumSizeLow, lpName);
}

HANDLE WINAPI CreateFileMappingNumaA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect,
                                     DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName, DWORD nndPreferred)
{
    if (!valid_node(nndPreferred))
        return NULL;
    return CreateFileMappingA(hFile, lpFileMappingAttributes, flProtect, dwMaximumSizeHigh, dwMaximumSizeLow, lpName);
}

/* FILE_MAP_* as the rights of a section's handle. */
static ACCESS_MASK section_access(DWORD access)
{
    if (access == FILE_MAP_COPY)
        return SECTION_MAP_READ;
    if (access & FILE_MAP_EXECUTE)
        access = (access & ~(DWORD)FILE_MAP_EXECUTE) | SECTION_MAP_EXECUTE;
    return access;
}

HANDLE WINAPI CreateFileMapping2(HANDLE File, SECURITY_ATTRIBUTES *SecurityAttributes, ULONG DesiredAccess,
                                 ULONG PageProtection, ULONG AllocationAttributes, ULONG64 MaximumSize, PCWSTR Name,
                                 MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
    return create_ex(File, SecurityAttributes, section_access(DesiredAccess), PageProtection, AllocationAttributes,
                     MaximumSize, Name, ExtendedParameters, ParameterCount);
}

HANDLE WINAPI CreateFileMappingFromApp(HANDLE hFile, PSECURITY_ATTRIBUTES SecurityAttributes, ULONG PageProtection,
                                       ULONG64 MaximumSize, PCWSTR Name)
{
    if (PageProtection & EXECUTABLE) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return create(hFile, SecurityAttributes, 0, PageProtection & ~SECTION_FLAGS, PageProtection & SECTION_FLAGS,
                  MaximumSize, Name);
}

HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct object_name object;
    HANDLE handle;
    if (!lpName) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!*lpName) { /* names the directory itself, which is no section */
        SetLastError(ERROR_INVALID_HANDLE);
        return NULL;
    }
    NTSTATUS status = make_name(&object, lpName, NULL, bInheritHandle);
    if (NT_SUCCESS(status))
        status = NtOpenSection(&handle, section_access(dwDesiredAccess), &object.attributes);
    drop_name(&object);
    return win32_status(status) ? handle : NULL;
}

HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    WCHAR wide[ANSI_LIMIT];
    PCWSTR name;
    return widen(lpName, wide, ANSI_LIMIT, &name) ? OpenFileMappingW(dwDesiredAccess, bInheritHandle, name) : NULL;
}

HANDLE WINAPI OpenFileMappingFromApp(ULONG DesiredAccess, BOOL InheritHandle, PCWSTR Name)
{
    return OpenFileMappingW(DesiredAccess, InheritHandle, Name);
}

/* FILE_MAP_* as a page protection: write before read; copy alone. Execution goes with one of them, and alone with
 * nothing (seen of Windows: such a view cannot be accessed). */
static ULONG view_protect(DWORD access)
{
    BOOL execute = (access & FILE_MAP_EXECUTE) != 0;
    if ((access & (FILE_MAP_COPY | FILE_MAP_READ | FILE_MAP_WRITE)) == FILE_MAP_COPY)
        return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (access & FILE_MAP_WRITE)
        return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    if (access & FILE_MAP_READ)
        return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return PAGE_NOACCESS;
}

LPVOID WINAPI MapViewOfFileExNuma(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh,
                                  DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress,
                                  DWORD nndPreferred)
{
    PVOID base = lpBaseAddress;
    SIZE_T size = dwNumberOfBytesToMap;
    LARGE_INTEGER offset = {.QuadPart = (LONGLONG)((uint64_t)dwFileOffsetHigh << 32 | dwFileOffsetLow)};
    if (!valid_node(nndPreferred))
        return NULL;
    NTSTATUS status =
        NtMapViewOfSection(hFileMappingObject, NtCurrentProcess(), &base, 0, 0, &offset, &size, ViewShare,
                           dwDesiredAccess & FILE_MAP_LARGE_PAGES ? MEM_LARGE_PAGES : 0, view_protect(dwDesiredAccess));
    return win32_status(status) ? base : NULL;
}

LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh,
                              DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress)
{
    return MapViewOfFileExNuma(hFileMappingObject, dwDesiredAccess, dwFileOffsetHigh, dwFileOffsetLow,
                               dwNumberOfBytesToMap, lpBaseAddress, NUMA_NO_PREFERRED_NODE);
}

LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh,
                            DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap)
{
    return MapViewOfFileEx(hFileMappingObject, dwDesiredAccess, dwFileOffsetHigh, dwFileOffsetLow, dwNumberOfBytesToMap,
                           NULL);
}

PVOID WINAPI MapViewOfFileFromApp(HANDLE hFileMappingObject, ULONG DesiredAccess, ULONG64 FileOffset,
                                  SIZE_T NumberOfBytesToMap)
{
    if (DesiredAccess & FILE_MAP_EXECUTE) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return MapViewOfFile(hFileMappingObject, DesiredAccess, (DWORD)(FileOffset >> 32), (DWORD)FileOffset,
                         NumberOfBytesToMap);
}

static PVOID map_extended(HANDLE section, HANDLE process, PVOID base, ULONG64 offset, SIZE_T size, ULONG type,
                          ULONG protect, MEM_EXTENDED_PARAMETER *parameters, ULONG count)
{
    LARGE_INTEGER from = {.QuadPart = (LONGLONG)offset};
    NTSTATUS status = NtMapViewOfSectionEx(section, process, &base, &from, &size, type, protect, parameters, count);
    return win32_status(status) ? base : NULL;
}

PVOID WINAPI MapViewOfFileNuma2(HANDLE FileMappingHandle, HANDLE ProcessHandle, ULONG64 Offset, PVOID BaseAddress,
                                SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection, ULONG PreferredNode)
{
    if (!valid_node(PreferredNode))
        return NULL;
    return map_extended(FileMappingHandle, ProcessHandle, BaseAddress, Offset, ViewSize, AllocationType, PageProtection,
                        NULL, 0);
}

PVOID WINAPI MapViewOfFile2(HANDLE FileMappingHandle, HANDLE ProcessHandle, ULONG64 Offset, PVOID BaseAddress,
                            SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection)
{
    return MapViewOfFileNuma2(FileMappingHandle, ProcessHandle, Offset, BaseAddress, ViewSize, AllocationType,
                              PageProtection, NUMA_NO_PREFERRED_NODE);
}

PVOID WINAPI MapViewOfFile3(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress, ULONG64 Offset, SIZE_T ViewSize,
                            ULONG AllocationType, ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters,
                            ULONG ParameterCount)
{
    return map_extended(FileMapping, Process ? Process : NtCurrentProcess(), BaseAddress, Offset, ViewSize,
                        AllocationType, PageProtection, ExtendedParameters, ParameterCount);
}

PVOID WINAPI MapViewOfFile3FromApp(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress, ULONG64 Offset,
                                   SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection,
                                   MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
    if (PageProtection & EXECUTABLE) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return MapViewOfFile3(FileMapping, Process, BaseAddress, Offset, ViewSize, AllocationType, PageProtection,
                          ExtendedParameters, ParameterCount);
}

BOOL WINAPI UnmapViewOfFile2(HANDLE Process, PVOID BaseAddress, ULONG UnmapFlags)
{
    return win32_status(NtUnmapViewOfSectionEx(Process, BaseAddress, UnmapFlags));
}

BOOL WINAPI UnmapViewOfFileEx(PVOID BaseAddress, ULONG UnmapFlags)
{
    return UnmapViewOfFile2(NtCurrentProcess(), BaseAddress, UnmapFlags);
}

BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress)
{
    return UnmapViewOfFile2(NtCurrentProcess(), (PVOID)(uintptr_t)lpBaseAddress, 0);
}

BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush)
{
    PVOID base = (PVOID)(uintptr_t)lpBaseAddress;
    SIZE_T size = dwNumberOfBytesToFlush;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtFlushVirtualMemory(NtCurrentProcess(), &base, &size, &io);
    return status == STATUS_NOT_MAPPED_DATA ? TRUE : win32_status(status); /* the paging file keeps nothing */
}
