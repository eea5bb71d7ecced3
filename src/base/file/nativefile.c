/* nativefile.c: the native calls on files, on their Win32 faces: opening by an object's name, transfers that are over
 * when the call returns, sizes and positions. The last error is left alone. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <fileapi.h>
#include <handleapi.h>
#include <ioapiset.h>
#include <ntstatus.h>
#include <string.h>
#include <synchapi.h>
#include <winbase.h>
#include <winerror.h>
#include <winmem_native.h>

#include "ob/file.h"

#include "host/own.h"

/* What a face has said, as a status. */
static NTSTATUS status_of(DWORD error)
{
    static const struct {
        DWORD error;
        NTSTATUS status;
    } table[] = {
        {ERROR_FILE_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND},
        {ERROR_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND},
        {ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED},
        {ERROR_SHARING_VIOLATION, STATUS_SHARING_VIOLATION},
        {ERROR_FILE_EXISTS, STATUS_OBJECT_NAME_COLLISION},
        {ERROR_ALREADY_EXISTS, STATUS_OBJECT_NAME_COLLISION},
        {ERROR_INVALID_NAME, STATUS_OBJECT_NAME_INVALID},
        {ERROR_INVALID_HANDLE, STATUS_INVALID_HANDLE},
        {ERROR_HANDLE_EOF, STATUS_END_OF_FILE},
        {ERROR_BROKEN_PIPE, STATUS_PIPE_BROKEN},
        {ERROR_NOACCESS, STATUS_ACCESS_VIOLATION},
        {ERROR_USER_MAPPED_FILE, STATUS_USER_MAPPED_FILE},
        {ERROR_NOT_ENOUGH_MEMORY, STATUS_NO_MEMORY},
        {ERROR_DISK_FULL, STATUS_DISK_FULL},
        {ERROR_INVALID_FUNCTION, STATUS_INVALID_DEVICE_REQUEST},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].error == error)
            return table[i].status;
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS finish(BOOL good, DWORD before)
{
    NTSTATUS status = good ? STATUS_SUCCESS : status_of(GetLastError());
    SetLastError(before);
    return status;
}

/* \??\C:\name and \\?\C:\name are the same to the faces; to be freed. */
static WCHAR *name_of(const OBJECT_ATTRIBUTES *attributes)
{
    const UNICODE_STRING *name = attributes ? attributes->ObjectName : NULL;
    size_t units = name && name->Buffer ? name->Length / sizeof(WCHAR) : 0;
    WCHAR *text = units && !attributes->RootDirectory ? host_own_take((units + 1) * sizeof *text) : NULL;
    if (!text)
        return NULL;
    memcpy(text, name->Buffer, units * sizeof *text);
    text[units] = 0;
    if (units > 4 && text[0] == '\\' && text[1] == '?' && text[2] == '?' && text[3] == '\\')
        text[1] = '\\';
    return text;
}

static DWORD flags_of(ULONG attributes, ULONG options)
{
    DWORD flags = attributes & 0xFFFF;
    flags |= options & FILE_WRITE_THROUGH ? FILE_FLAG_WRITE_THROUGH : 0;
    flags |= options & FILE_NO_INTERMEDIATE_BUFFERING ? FILE_FLAG_NO_BUFFERING : 0;
    flags |= options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) ? 0 : FILE_FLAG_OVERLAPPED;
    flags |= options & FILE_DELETE_ON_CLOSE ? FILE_FLAG_DELETE_ON_CLOSE : 0;
    flags |= options & (FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT) ? FILE_FLAG_BACKUP_SEMANTICS : 0;
    return flags;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength)
{
    static const DWORD dispositions[] = {CREATE_ALWAYS, OPEN_EXISTING,     CREATE_NEW,
                                         OPEN_ALWAYS,   TRUNCATE_EXISTING, CREATE_ALWAYS};
    DWORD before = GetLastError();
    (void)AllocationSize, (void)EaBuffer;
    if (CreateDisposition > FILE_MAXIMUM_DISPOSITION || EaLength)
        return STATUS_INVALID_PARAMETER;
    WCHAR *name = name_of(ObjectAttributes);
    if (!name)
        return STATUS_OBJECT_NAME_INVALID;
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, (ObjectAttributes->Attributes & OBJ_INHERIT) != 0};
    HANDLE file = CreateFileW(name, DesiredAccess, ShareAccess, &security, dispositions[CreateDisposition],
                              flags_of(FileAttributes, CreateOptions), NULL);
    bool existed = GetLastError() == ERROR_ALREADY_EXISTS || CreateDisposition == FILE_OPEN;
    host_own_give(name);
    NTSTATUS status = finish(file != INVALID_HANDLE_VALUE, before);
    IoStatusBlock->Status = status;
    if (!NT_SUCCESS(status))
        return status;
    bool opens = CreateDisposition == FILE_OPEN || CreateDisposition == FILE_OPEN_IF;
    IoStatusBlock->Information = CreateDisposition == FILE_OVERWRITE ? FILE_OVERWRITTEN
                                 : !existed                          ? FILE_CREATED
                                 : opens                             ? FILE_OPENED
                                 : CreateDisposition                 ? FILE_OVERWRITTEN
                                                                     : FILE_SUPERSEDED;
    *FileHandle = file;
    return status;
}

NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions)
{
    return NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess, FILE_OPEN,
                        OpenOptions, NULL, 0);
}

/* A place in the file, or where it stands. A transfer that is under way is waited for. */
static NTSTATUS transfer(HANDLE file, HANDLE event, PIO_STATUS_BLOCK block, PVOID buffer, ULONG length,
                         const LARGE_INTEGER *offset, bool write)
{
    DWORD before = GetLastError(), done = 0;
    struct ob_object *object;
    NTSTATUS status = ob_lookup(file, &ob_file_type, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    bool overlapped = ((struct ob_file *)object)->flags & FILE_FLAG_OVERLAPPED;
    ob_dereference(object);
    OVERLAPPED at = {0};
    bool here = !offset || (offset->HighPart == -1 && offset->LowPart == 0xFFFFFFFE); /* the current position */
    if (overlapped && here)
        return STATUS_INVALID_PARAMETER;
    if (!here) {
        at.Offset = offset->LowPart;
        at.OffsetHigh = (DWORD)offset->HighPart;
    }
    LPOVERLAPPED place = here ? NULL : &at;
    BOOL good = write ? WriteFile(file, buffer, length, &done, place) : ReadFile(file, buffer, length, &done, place);
    if (!good && GetLastError() == ERROR_IO_PENDING)
        good = GetOverlappedResult(file, &at, &done, TRUE);
    status = finish(good, before);
    if (NT_SUCCESS(status) && !write && length && done == 0)
        status = STATUS_END_OF_FILE;
    if (NT_SUCCESS(status) || status == STATUS_END_OF_FILE) {
        block->Status = status;
        block->Information = done;
        if (event)
            NtSetEvent(event, NULL);
    }
    return status;
}

NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context, PIO_STATUS_BLOCK block,
                          PVOID buffer, ULONG length, PLARGE_INTEGER offset, PULONG key)
{
    (void)context, (void)key;
    return routine ? (NTSTATUS)STATUS_NOT_SUPPORTED : transfer(file, event, block, buffer, length, offset, false);
}

NTSTATUS NTAPI NtWriteFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context, PIO_STATUS_BLOCK block,
                           PVOID buffer, ULONG length, PLARGE_INTEGER offset, PULONG key)
{
    (void)context, (void)key;
    return routine ? (NTSTATUS)STATUS_NOT_SUPPORTED : transfer(file, event, block, buffer, length, offset, true);
}

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK block)
{
    DWORD before = GetLastError();
    NTSTATUS status = finish(FlushFileBuffers(file), before);
    block->Status = status;
    block->Information = 0;
    return status;
}

static LARGE_INTEGER moment(FILETIME time)
{
    return (LARGE_INTEGER){.LowPart = time.dwLowDateTime, .HighPart = (LONG)time.dwHighDateTime};
}

static BOOL query(HANDLE file, FILE_INFORMATION_CLASS class, void *to)
{
    BY_HANDLE_FILE_INFORMATION about;
    LARGE_INTEGER nowhere = {.QuadPart = 0};
    if (class == FilePositionInformation)
        return SetFilePointerEx(file, nowhere, to, FILE_CURRENT);
    if (!GetFileInformationByHandle(file, &about))
        return FALSE;
    if (class == FileBasicInformation) {
        FILE_BASIC_INFORMATION *basic = to;
        *basic = (FILE_BASIC_INFORMATION){moment(about.ftCreationTime), moment(about.ftLastAccessTime),
                                          moment(about.ftLastWriteTime), moment(about.ftLastWriteTime),
                                          about.dwFileAttributes};
        return TRUE;
    }
    FILE_STANDARD_INFORMATION *standard = to;
    LONGLONG size = (LONGLONG)((ULONGLONG)about.nFileSizeHigh << 32 | about.nFileSizeLow);
    *standard = (FILE_STANDARD_INFORMATION){.AllocationSize.QuadPart = (size + 4095) & ~4095ll,
                                            .EndOfFile.QuadPart = size,
                                            .NumberOfLinks = about.nNumberOfLinks,
                                            .Directory = (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0};
    return TRUE;
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                      ULONG Length, FILE_INFORMATION_CLASS FileInformationClass)
{
    DWORD before = GetLastError();
    ULONG size = FileInformationClass == FileBasicInformation      ? sizeof(FILE_BASIC_INFORMATION)
                 : FileInformationClass == FileStandardInformation ? sizeof(FILE_STANDARD_INFORMATION)
                 : FileInformationClass == FilePositionInformation ? sizeof(FILE_POSITION_INFORMATION)
                                                                   : 0;
    if (size == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = finish(query(FileHandle, FileInformationClass, FileInformation), before);
    if (NT_SUCCESS(status)) {
        IoStatusBlock->Status = status;
        IoStatusBlock->Information = size;
    }
    return status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass)
{
    DWORD before = GetLastError();
    BOOL good;
    if (FileInformationClass != FilePositionInformation && FileInformationClass != FileEndOfFileInformation &&
        FileInformationClass != FileDispositionInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < (FileInformationClass == FileDispositionInformation ? 1 : sizeof(LARGE_INTEGER)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (FileInformationClass == FilePositionInformation)
        good = SetFilePointerEx(FileHandle, *(LARGE_INTEGER *)FileInformation, NULL, FILE_BEGIN);
    else
        good = SetFileInformationByHandle(
            FileHandle, FileInformationClass == FileDispositionInformation ? FileDispositionInfo : FileEndOfFileInfo,
            FileInformation, Length);
    NTSTATUS status = finish(good, before);
    if (NT_SUCCESS(status)) {
        IoStatusBlock->Status = status;
        IoStatusBlock->Information = 0;
    }
    return status;
}
