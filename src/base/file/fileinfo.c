/* fileinfo.c: what an open file is asked by a class of information, a folder's entries among it. Calls libc and ob;
 * sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
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

/* ---- a folder's entries ---- */

/* Where the name stands in the entries of a class; 0: it lists nothing. */
static size_t name_offset(FILE_INFO_BY_HANDLE_CLASS class, bool *restart)
{
    *restart = class == FileIdBothDirectoryRestartInfo || class == FileFullDirectoryRestartInfo ||
               class == FileIdExtdDirectoryRestartInfo;
    switch (class) {
    case FileIdBothDirectoryInfo:
    case FileIdBothDirectoryRestartInfo:
        return FIELD_OFFSET(FILE_ID_BOTH_DIR_INFO, FileName);
    case FileFullDirectoryInfo:
    case FileFullDirectoryRestartInfo:
        return FIELD_OFFSET(FILE_FULL_DIR_INFO, FileName);
    case FileIdExtdDirectoryInfo:
    case FileIdExtdDirectoryRestartInfo:
        return FIELD_OFFSET(FILE_ID_EXTD_DIR_INFO, FileName);
    default:
        return 0;
    }
}

/* One entry at `to`, which has room for its name; an entry that vanished meanwhile tells its name only. */
static void tell_entry(int folder, const char *name, size_t offset, size_t units, char *to)
{
    struct stat status = {0};
    bool there = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    FILE_FULL_DIR_INFO *entry = (FILE_FULL_DIR_INFO *)to; /* all begin so */
    memset(to, 0, offset);
    if (there) {
        entry->CreationTime = entry->ChangeTime = ticks_of(status.st_ctim);
        entry->LastAccessTime = ticks_of(status.st_atim);
        entry->LastWriteTime = ticks_of(status.st_mtim);
        entry->EndOfFile.QuadPart = S_ISDIR(status.st_mode) ? 0 : status.st_size;
        entry->AllocationSize.QuadPart = S_ISDIR(status.st_mode) ? 0 : status.st_blocks * 512;
    }
    entry->FileAttributes = there ? attributes_of(&status) : FILE_ATTRIBUTE_NORMAL;
    entry->FileNameLength = (ULONG)((units - 1) * sizeof(WCHAR));
    if (offset == FIELD_OFFSET(FILE_ID_BOTH_DIR_INFO, FileName))
        ((FILE_ID_BOTH_DIR_INFO *)to)->FileId.QuadPart = (LONGLONG)status.st_ino;
    else if (offset == FIELD_OFFSET(FILE_ID_EXTD_DIR_INFO, FileName))
        memcpy(&((FILE_ID_EXTD_DIR_INFO *)to)->FileId, &status.st_ino, sizeof status.st_ino);
    WCHAR wide[NAME_MAX + 1];
    host_utf8_to_utf16(name, SIZE_MAX, (uint16_t *)wide, NAME_MAX + 1, 0);
    memcpy(to + offset, wide, entry->FileNameLength);
}

struct listing {
    char *to;
    size_t offset, size, used; /* of the name in an entry; of the buffer */
    FILE_FULL_DIR_INFO *last;
};

/* False: the entry does not fit any more. */
static bool add_entry(int folder, const char *name, struct listing *listing)
{
    size_t units = host_utf8_to_utf16(name, SIZE_MAX, NULL, 0, 0), at = (listing->used + 7) & ~(size_t)7;
    size_t end = at + listing->offset + (units - 1) * sizeof(WCHAR);
    if (units > NAME_MAX + 1 || end > listing->size)
        return false;
    tell_entry(folder, name, listing->offset, units, listing->to + at);
    if (listing->last)
        listing->last->NextEntryOffset = (ULONG)(listing->to + at - (char *)listing->last);
    listing->last = (FILE_FULL_DIR_INFO *)(listing->to + at);
    listing->used = end;
    return true;
}

/* The next entries; the description's own position says which are next. */
static NTSTATUS list_entries(int folder, bool restart, struct listing *listing)
{
    _Alignas(8) char block[4096];
    ssize_t got = 0;
    off_t position = lseek(folder, 0, restart ? SEEK_SET : SEEK_CUR);
    while (position >= 0 && (got = getdents64(folder, block, sizeof block)) > 0)
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(block + at);
            if (!add_entry(folder, entry->d_name, listing)) {
                lseek(folder, position, SEEK_SET);
                return listing->last ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
            }
            position = entry->d_off;
            at += entry->d_reclen;
        }
    if (listing->last)
        return STATUS_SUCCESS;
    return position < 0 || got < 0 ? (errno == ENOTDIR ? STATUS_INVALID_PARAMETER : errno_status(errno))
                                   : STATUS_NO_MORE_FILES;
}

static BOOL folder_entries(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS class, void *to, DWORD size)
{
    struct ob_object *object;
    bool restart;
    struct listing listing = {.to = to, .offset = name_offset(class, &restart), .size = size};
    if (size < ((listing.offset + sizeof(WCHAR) + 7) & ~(size_t)7))
        return win32_error(ERROR_BAD_LENGTH);
    NTSTATUS result = ob_lookup(handle, &ob_file_type, 0, &object, NULL); /* documented: no right is required */
    if (result < 0)
        return win32_status(result);
    result = list_entries(((struct ob_file *)object)->fd, restart, &listing);
    ob_dereference(object);
    return result == STATUS_BUFFER_OVERFLOW ? win32_error(ERROR_MORE_DATA) : win32_status(result);
}

BOOL GetFileInformationByHandleEx(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS class, LPVOID to, DWORD size)
{
    struct ob_object *object;
    struct stat status;
    size_t least = least_size(class);
    if (class == FileRenameInfo || class == FileDispositionInfo || class == FileAllocationInfo ||
        class == FileEndOfFileInfo || class == FileIoPriorityHintInfo) /* to be set only */
        return win32_error(ERROR_INVALID_PARAMETER);
    bool restart;
    if (name_offset(class, &restart))
        return folder_entries(handle, class, to, size);
    if (!least)
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
