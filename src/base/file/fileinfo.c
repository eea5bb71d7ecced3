/* fileinfo.c: what an open file is asked by a class of information. Calls libc and ob; sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <string.h>
#include <sys/stat.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "host/utf.h"
#include "ob/file.h"
#include "win32/win32.h"

static DWORD attributes_of(const struct stat *status)
{
    DWORD attributes = S_ISDIR(status->st_mode) ? FILE_ATTRIBUTE_DIRECTORY : 0;
    attributes |= status->st_mode & 0222 ? 0 : FILE_ATTRIBUTE_READONLY;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

static LARGE_INTEGER ticks_of(struct timespec time)
{
    return (LARGE_INTEGER){.QuadPart = (time.tv_sec + 11644473600ll) * 10000000 + time.tv_nsec / 100};
}

/* The name as far as it fits; the length is told whole, so that the caller knows what to bring. */
static NTSTATUS tell_name(const struct ob_file *file, FILE_NAME_INFO *to, DWORD size)
{
    if (!file->path)
        return STATUS_INVALID_PARAMETER;
    size_t units = host_utf8_to_utf16(file->path, strlen(file->path), NULL, 0, 0);
    to->FileNameLength = (DWORD)(units * sizeof(WCHAR));
    if (units * sizeof(WCHAR) > size - FIELD_OFFSET(FILE_NAME_INFO, FileName))
        return STATUS_BUFFER_OVERFLOW;
    host_utf8_to_utf16(file->path, strlen(file->path), (uint16_t *)to->FileName, units, 0);
    return STATUS_SUCCESS;
}

static size_t least_size(FILE_INFO_BY_HANDLE_CLASS class)
{
    switch (class) {
    case FileBasicInfo:
        return sizeof(FILE_BASIC_INFO);
    case FileStandardInfo:
        return sizeof(FILE_STANDARD_INFO);
    case FileNameInfo:
    case FileNormalizedNameInfo:
        return sizeof(FILE_NAME_INFO);
    case FileAttributeTagInfo:
        return sizeof(FILE_ATTRIBUTE_TAG_INFO);
    case FileIdInfo:
        return sizeof(FILE_ID_INFO);
    case FileCompressionInfo:
        return sizeof(FILE_COMPRESSION_INFO);
    case FileAlignmentInfo:
        return sizeof(FILE_ALIGNMENT_INFO);
    default:
        return 0;
    }
}

static void tell_status(const struct ob_file *file, const struct stat *status, FILE_INFO_BY_HANDLE_CLASS class,
                        void *to)
{
    switch (class) {
    case FileBasicInfo:
        *(FILE_BASIC_INFO *)to =
            (FILE_BASIC_INFO){ticks_of(status->st_ctim), ticks_of(status->st_atim), ticks_of(status->st_mtim),
                              ticks_of(status->st_ctim), attributes_of(status)};
        break;
    case FileStandardInfo:
        *(FILE_STANDARD_INFO *)to = (FILE_STANDARD_INFO){{.QuadPart = status->st_blocks * 512},
                                                         {.QuadPart = S_ISDIR(status->st_mode) ? 0 : status->st_size},
                                                         (DWORD)status->st_nlink,
                                                         file->delete_on_close,
                                                         S_ISDIR(status->st_mode)};
        break;
    case FileAttributeTagInfo:
        *(FILE_ATTRIBUTE_TAG_INFO *)to = (FILE_ATTRIBUTE_TAG_INFO){attributes_of(status), 0};
        break;
    case FileIdInfo:
        *(FILE_ID_INFO *)to = (FILE_ID_INFO){.VolumeSerialNumber = status->st_dev};
        memcpy(((FILE_ID_INFO *)to)->FileId.Identifier, &status->st_ino, sizeof status->st_ino);
        break;
    case FileCompressionInfo:
        *(FILE_COMPRESSION_INFO *)to = (FILE_COMPRESSION_INFO){.CompressedFileSize.QuadPart = status->st_size};
        break;
    default:
        *(FILE_ALIGNMENT_INFO *)to = (FILE_ALIGNMENT_INFO){0}; /* any byte */
        break;
    }
}

BOOL GetFileInformationByHandleEx(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS class, LPVOID to, DWORD size)
{
    struct ob_object *object;
    struct stat status;
    size_t least = least_size(class);
    if (class == FileRenameInfo || class == FileDispositionInfo || class == FileAllocationInfo ||
        class == FileEndOfFileInfo || class == FileIoPriorityHintInfo) /* to be set only */
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!least) /* listing a directory by its handle is not here */
        return win32_error(class < MaximumFileInfoByHandleClass ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
    if (size < least)
        return win32_error(ERROR_BAD_LENGTH);
    bool named = class == FileNameInfo || class == FileNormalizedNameInfo;
    NTSTATUS result = ob_lookup(handle, &ob_file_type, named ? 0 : FILE_READ_ATTRIBUTES, &object, NULL);
    if (result < 0)
        return win32_status(result);
    struct ob_file *file = (struct ob_file *)object;
    if (named)
        result = tell_name(file, to, size);
    else if (fstat(file->fd, &status) != 0)
        result = errno_status(errno);
    else
        tell_status(file, &status, class, to);
    ob_dereference(object);
    return result == STATUS_BUFFER_OVERFLOW ? win32_error(ERROR_MORE_DATA) : win32_status(result);
}

HANDLE CreateFile2(LPCWSTR name, DWORD access, DWORD share, DWORD disposition, LPCREATEFILE2_EXTENDED_PARAMETERS more)
{
    if (!more)
        return CreateFileW(name, access, share, NULL, disposition, 0, NULL);
    if (more->dwSize < sizeof *more) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(name, access, share, more->lpSecurityAttributes, disposition,
                       more->dwFileAttributes | more->dwFileFlags | more->dwSecurityQosFlags, more->hTemplateFile);
}
