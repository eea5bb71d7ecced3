/* fileio.c: reading, writing, seeking, sizes of open files; pipes and standard streams. Buffers that the kernel cannot
 * reach are looked at through mm: absent pages are brought in, bad ones are ERROR_NOACCESS. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <synchapi.h>
#include <time.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/path.h"
#include "base/file/pending.h"
#include "mm/mm.h"
#include "mm/section.h"
#include "ob/file.h"
#include "win32/win32.h"
#include "host/guarded.h"
#include "host/keep.h"

#pragma weak SetEvent

/* The File object behind a handle that has all of `access`, referenced. */
static NTSTATUS file_lookup(HANDLE handle, ACCESS_MASK access, struct ob_file **file)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, access, &object, NULL);
    if (status >= 0)
        *file = (struct ob_file *)object;
    return status;
}

/* The same for a handle that may write or append. */
static NTSTATUS file_lookup_writable(HANDLE handle, struct ob_file **file)
{
    struct ob_object *object;
    ACCESS_MASK granted;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, 0, &object, &granted);
    if (status < 0)
        return status;
    if (!(granted & (FILE_WRITE_DATA | FILE_APPEND_DATA))) {
        ob_dereference(object);
        return STATUS_ACCESS_DENIED;
    }
    *file = (struct ob_file *)object;
    return STATUS_SUCCESS;
}

/* Touches the pages of a buffer that mm says are accessible: true when all of it is. Writing keeps what is there. */
static bool touch_buffer(char *buffer, size_t size, bool write)
{
    MEMORY_BASIC_INFORMATION region;
    const DWORD writable = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    const char *end = buffer + size;
    for (char *at = buffer; at < end; at = (char *)region.BaseAddress + region.RegionSize) {
        if (mm_query(at, &region) < 0 || region.State != MEM_COMMIT ||
            (region.Protect & (PAGE_NOACCESS | PAGE_GUARD)) || (write && !(region.Protect & writable)))
            return false;
        const char *stop =
            (char *)region.BaseAddress + region.RegionSize < end ? (char *)region.BaseAddress + region.RegionSize : end;
        for (char *page = at; page < stop; page = (char *)(((uintptr_t)page + MM_PAGE) & ~(MM_PAGE - 1)))
            if (write)
                __atomic_fetch_or(page, 0, __ATOMIC_RELAXED);
            else
                (void)*(volatile char *)page;
    }
    return true;
}

struct transfer {
    struct ob_file *file;
    void *buffer;
    DWORD size;
    LPOVERLAPPED overlapped;
    bool write;
    DWORD done;
    void (*end)(void *context, NTSTATUS status, DWORD bytes); /* in place of the event and the packet; may be NULL */
    void *end_context;
};

/* A pipe whose reader is gone is an error here, never a signal. */
static ssize_t write_stream(const struct transfer *t, const void *buffer, size_t size)
{
    sigset_t pipe, old;
    if (t->file->kind != FILE_TYPE_PIPE)
        return write(t->file->fd, buffer, size);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    ssize_t got = write(t->file->fd, buffer, size);
    int error = errno;
    if (got < 0 && error == EPIPE && !sigismember(&old, SIGPIPE))
        sigtimedwait(&pipe, NULL, &(struct timespec){0, 0});
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return got;
}

/* What is not done yet, as far as one call goes. */
static ssize_t transfer_once(const struct transfer *t)
{
    off_t offset = t->overlapped ? (off_t)((ULONGLONG)t->overlapped->OffsetHigh << 32 | t->overlapped->Offset) : 0;
    void *buffer = (char *)t->buffer + t->done;
    size_t size = t->size - t->done;
    bool at_offset = t->overlapped && t->file->kind == FILE_TYPE_DISK;
    bool at_end =
        t->write && at_offset && t->overlapped->Offset == 0xFFFFFFFF && t->overlapped->OffsetHigh == 0xFFFFFFFF;
    if (at_end)
        offset = lseek(t->file->fd, 0, SEEK_END);
    else
        offset += t->done;
    ssize_t got;
    if (t->write)
        got = at_offset ? pwrite(t->file->fd, buffer, size, offset) : write_stream(t, buffer, size);
    else
        got = at_offset ? pread(t->file->fd, buffer, size, offset) : read(t->file->fd, buffer, size);
    if (got >= 0 && at_offset && !(t->file->flags & FILE_FLAG_OVERLAPPED))
        lseek(t->file->fd, offset + got, SEEK_SET); /* a synchronous file keeps its position behind the transfer */
    return got;
}

#define KERNEL_MOST 0x7FFFF000 /* bytes in one call */

static NTSTATUS transfer(struct transfer *t)
{
    uint32_t bad = t->write ? host_guarded_look(t->buffer, t->size) : host_guarded_touch(t->buffer, t->size);
    if (bad)
        return t->write ? STATUS_INVALID_USER_BUFFER : (NTSTATUS)bad;
    if (t->size && !t->write)
        mm_note_kernel_write(t->buffer, t->size);
    ssize_t got;
    bool touched = false;
    for (;;) {
        got = transfer_once(t);
        if (got >= KERNEL_MOST && t->file->kind == FILE_TYPE_DISK && t->done + (DWORD)got < t->size) {
            t->done += (DWORD)got;
            continue;
        }
        if (got >= 0 || (errno != EINTR && errno != EFAULT))
            break;
        if (errno == EFAULT && (touched || !touch_buffer(t->buffer, t->size, !t->write)))
            return t->done ? STATUS_SUCCESS : (NTSTATUS)STATUS_ACCESS_VIOLATION;
        touched = touched || errno == EFAULT;
    }
    if (got < 0 && errno == EAGAIN && t->file->kind == FILE_TYPE_PIPE) /* that does not wait */
        return t->write ? STATUS_SUCCESS : (NTSTATUS)STATUS_PIPE_EMPTY;
    if (got < 0)
        return t->done ? STATUS_SUCCESS : errno_status(errno);
    t->done += (DWORD)got;
    if (t->done > 0 || t->size == 0 || t->write)
        return STATUS_SUCCESS;
    struct stat status;
    if (fstat(t->file->fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
        return STATUS_PIPE_BROKEN;
    return t->overlapped ? STATUS_END_OF_FILE : STATUS_SUCCESS;
}

/* A named pipe: perhaps under way when the call returns. */
static BOOL run_pipe(struct transfer *t, LPDWORD done)
{
    struct pending request = {
        .kind = t->write ? PENDING_WRITE : PENDING_READ,
        .file = t->file,
        .buffer = t->buffer,
        .size = t->size,
        .overlapped = t->overlapped,
        .end = t->end,
        .end_context = t->end_context,
    };
    uint32_t bad = t->write ? host_guarded_look(t->buffer, t->size) : host_guarded_touch(t->buffer, t->size);
    NTSTATUS status = !bad ? pending_run(&request) : t->write ? STATUS_INVALID_USER_BUFFER : (NTSTATUS)bad;
    if (done && (status >= 0 || status == (NTSTATUS)STATUS_BUFFER_OVERFLOW) && status != STATUS_PENDING)
        *done = (DWORD)request.done;
    ob_dereference(&t->file->object);
    return status == STATUS_PENDING ? win32_error(ERROR_IO_PENDING) : win32_status(status);
}

static BOOL run_transfer(HANDLE handle, struct transfer *t, LPDWORD done)
{
    NTSTATUS status;
    if (done)
        *done = 0;
    status = t->write ? file_lookup_writable(handle, &t->file) : file_lookup(handle, FILE_READ_DATA, &t->file);
    if (status < 0)
        return win32_status(status);
    if (!t->overlapped && t->file->flags & FILE_FLAG_OVERLAPPED && (t->file->kind == FILE_TYPE_DISK || t->file->pipe))
        status = STATUS_INVALID_PARAMETER;
    else if (t->file->pipe)
        return run_pipe(t, done);
    else
        status = transfer(t);
    if (t->overlapped) {
        t->overlapped->Internal = (ULONG_PTR)(DWORD)status;
        t->overlapped->InternalHigh = t->done;
        if (status >= 0 && t->overlapped->hEvent && !t->end && SetEvent)
            SetEvent((HANDLE)((ULONG_PTR)t->overlapped->hEvent & ~(ULONG_PTR)1));
    }
    /* The low bit of the event: no packet. */
    bool told = !t->overlapped || t->end || (ULONG_PTR)t->overlapped->hEvent & 1 ||
                atomic_load(&t->file->notification) & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;
    if (status >= 0 && !told)
        base_complete(t->file, STATUS_SUCCESS, t->done, t->overlapped);
    if (status >= 0 && t->end)
        t->end(t->end_context, status, t->done);
    if (status >= 0 && done)
        *done = t->done;
    ob_dereference(&t->file->object);
    return win32_status(status);
}

BOOL base_transfer(HANDLE handle, LPVOID buffer, DWORD size, LPOVERLAPPED overlapped, bool write,
                   void (*end)(void *context, NTSTATUS status, DWORD bytes), void *context)
{
    HOST_KEEP_ERRNO;
    struct transfer t = {
        .buffer = buffer, .size = size, .overlapped = overlapped, .write = write, .end = end, .end_context = context};
    return run_transfer(handle, &t, NULL);
}

BOOL ReadFile(HANDLE handle, LPVOID buffer, DWORD size, LPDWORD done, LPOVERLAPPED overlapped)
{
    HOST_KEEP_ERRNO;
    struct transfer t = {.buffer = buffer, .size = size, .overlapped = overlapped};
    return run_transfer(handle, &t, done);
}

BOOL WriteFile(HANDLE handle, LPCVOID buffer, DWORD size, LPDWORD done, LPOVERLAPPED overlapped)
{
    HOST_KEEP_ERRNO;
    struct transfer t = {.buffer = (void *)buffer, .size = size, .overlapped = overlapped, .write = true};
    return run_transfer(handle, &t, done);
}

/* A position beyond `highest` is STATUS_INVALID_PARAMETER; whatever fails leaves the file where it is. */
static NTSTATUS seek(HANDLE handle, LONGLONG distance, DWORD method, LONGLONG highest, LONGLONG *position)
{
    struct ob_file *file;
    NTSTATUS status = file_lookup(handle, 0, &file);
    if (status < 0)
        return status;
    struct stat file_status = {0};
    LONGLONG here = lseek(file->fd, 0, SEEK_CUR), to;
    if (here < 0 || (method == FILE_END && fstat(file->fd, &file_status) != 0))
        status = STATUS_INVALID_DEVICE_REQUEST;
    else if (__builtin_add_overflow(method == FILE_BEGIN     ? 0
                                    : method == FILE_CURRENT ? here
                                                             : file_status.st_size,
                                    distance, &to) ||
             to < 0)
        status = STATUS_INVALID_PARAMETER_MIX; /* told apart below: ERROR_NEGATIVE_SEEK */
    else if (to > highest)
        status = STATUS_INVALID_PARAMETER;
    else
        *position = lseek(file->fd, to, SEEK_SET);
    ob_dereference(&file->object);
    return status;
}

static BOOL seek_error(NTSTATUS status)
{
    return status == STATUS_INVALID_PARAMETER_MIX ? win32_error(ERROR_NEGATIVE_SEEK) : win32_status(status);
}

BOOL SetFilePointerEx(HANDLE handle, LARGE_INTEGER distance, PLARGE_INTEGER position, DWORD method)
{
    HOST_KEEP_ERRNO;
    LONGLONG at;
    if (method > FILE_END)
        return win32_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = seek(handle, distance.QuadPart, method, INT64_MAX, &at);
    if (status >= 0 && position)
        position->QuadPart = at;
    return seek_error(status);
}

DWORD SetFilePointer(HANDLE handle, LONG distance, PLONG high, DWORD method)
{
    LONGLONG at, wide = high ? (LONGLONG)((ULONGLONG)(DWORD)*high << 32 | (DWORD)distance) : distance;
    if (method > FILE_END) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_SET_FILE_POINTER;
    }
    NTSTATUS status = seek(handle, wide, method, high ? INT64_MAX : 0xFFFFFFFFll, &at);
    if (status < 0) {
        seek_error(status);
        return INVALID_SET_FILE_POINTER;
    }
    if (high)
        *high = (LONG)(at >> 32);
    if ((DWORD)at == INVALID_SET_FILE_POINTER)
        SetLastError(NO_ERROR);
    return (DWORD)at;
}

static NTSTATUS file_size(HANDLE handle, LONGLONG *size)
{
    struct ob_file *file;
    struct stat status;
    NTSTATUS result = file_lookup(handle, 0, &file);
    if (result < 0)
        return result;
    if (fstat(file->fd, &status) != 0)
        result = errno_status(errno);
    else if (!S_ISREG(status.st_mode))
        result = STATUS_INVALID_DEVICE_REQUEST;
    else
        *size = status.st_size;
    ob_dereference(&file->object);
    return result;
}

BOOL GetFileSizeEx(HANDLE handle, PLARGE_INTEGER size)
{
    HOST_KEEP_ERRNO;
    LONGLONG bytes;
    NTSTATUS status = file_size(handle, &bytes);
    if (status >= 0)
        size->QuadPart = bytes;
    return win32_status(status);
}

DWORD GetFileSize(HANDLE handle, LPDWORD high)
{
    LONGLONG bytes;
    if (!win32_status(file_size(handle, &bytes)))
        return INVALID_FILE_SIZE;
    if (high)
        *high = (DWORD)(bytes >> 32);
    if ((DWORD)bytes == INVALID_FILE_SIZE)
        SetLastError(NO_ERROR);
    return (DWORD)bytes;
}

static NTSTATUS set_size(struct ob_file *file, LONGLONG size)
{
    struct stat status;
    if (size < 0)
        return STATUS_INVALID_PARAMETER;
    if (fstat(file->fd, &status) == 0 && size < status.st_size &&
        mm_section_blocks_truncation(file->fd, file->device, file->inode, (uint64_t)size))
        return STATUS_USER_MAPPED_FILE;
    return ftruncate(file->fd, size) == 0 ? STATUS_SUCCESS : errno_status(errno);
}

BOOL SetEndOfFile(HANDLE handle)
{
    HOST_KEEP_ERRNO;
    struct ob_file *file;
    NTSTATUS status = file_lookup(handle, FILE_WRITE_DATA, &file);
    if (status < 0)
        return win32_status(status);
    off_t at = lseek(file->fd, 0, SEEK_CUR);
    status = at < 0 ? STATUS_INVALID_DEVICE_REQUEST : set_size(file, at);
    ob_dereference(&file->object);
    return win32_status(status);
}

BOOL FlushFileBuffers(HANDLE handle)
{
    HOST_KEEP_ERRNO;
    struct ob_file *file;
    NTSTATUS status = file_lookup_writable(handle, &file);
    if (status < 0)
        return win32_status(status);
    if (fsync(file->fd) != 0 && errno != EINVAL) /* a pipe has nothing to flush */
        status = errno_status(errno);
    ob_dereference(&file->object);
    return win32_status(status);
}

DWORD GetFileType(HANDLE handle)
{
    struct ob_file *file;
    if (!win32_status(file_lookup(handle, 0, &file)))
        return FILE_TYPE_UNKNOWN;
    DWORD kind = file->kind;
    ob_dereference(&file->object);
    if (kind == FILE_TYPE_UNKNOWN)
        SetLastError(NO_ERROR);
    return kind;
}

/* Room less than the file is long cuts it off, as documented; more is found when it is written. */
static NTSTATUS set_allocation(struct ob_file *file, LONGLONG size)
{
    struct stat status;
    if (size < 0)
        return STATUS_INVALID_PARAMETER;
    if (fstat(file->fd, &status) != 0)
        return errno_status(errno);
    return size < status.st_size ? set_size(file, size) : STATUS_SUCCESS;
}

static NTSTATUS set_disposition(struct ob_file *file, bool gone)
{
    struct stat status;
    if (gone && fstat(file->fd, &status) == 0 &&
        (!(status.st_mode & 0222) || mm_section_blocks_truncation(file->fd, file->device, file->inode, 0)))
        return STATUS_CANNOT_DELETE;
    file->delete_on_close = gone;
    return STATUS_SUCCESS;
}

/* 0 and all ones: the time stays. */
static struct timespec time_of(LARGE_INTEGER ticks)
{
    if (ticks.QuadPart == 0 || ticks.QuadPart == -1)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    int64_t since = ticks.QuadPart - 116444736000000000ll, second = since / 10000000, rest = since % 10000000;
    return (struct timespec){.tv_sec = second - (rest < 0), .tv_nsec = (rest < 0 ? rest + 10000000 : rest) * 100};
}

/* Times, and of the attributes the one that file systems here have; none at all leaves them. */
static NTSTATUS set_basic(struct ob_file *file, const FILE_BASIC_INFO *basic)
{
    struct stat status;
    struct timespec times[2] = {time_of(basic->LastAccessTime), time_of(basic->LastWriteTime)};
    if (basic->LastAccessTime.QuadPart < -1 || basic->LastWriteTime.QuadPart < -1)
        return STATUS_INVALID_PARAMETER;
    if (fstat(file->fd, &status) != 0)
        return errno_status(errno);
    mode_t mode =
        basic->FileAttributes & FILE_ATTRIBUTE_READONLY ? status.st_mode & ~(mode_t)0222 : status.st_mode | 0200;
    bool changes = basic->FileAttributes && mode != status.st_mode;
    if (changes && fchmod(file->fd, mode & 07777) != 0)
        return errno_status(errno);
    if (futimens(file->fd, times) == 0)
        return STATUS_SUCCESS;
    NTSTATUS result = errno_status(errno);
    if (changes)
        (void)fchmod(file->fd, status.st_mode & 07777); /* it was just allowed */
    return result;
}

BOOL SetFileInformationByHandle(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS class, LPVOID information, DWORD size)
{
    struct ob_file *file;
    bool sizes = class == FileEndOfFileInfo || class == FileAllocationInfo, basic = class == FileBasicInfo;
    if (!sizes && !basic && class != FileDispositionInfo)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size < (sizes ? sizeof(LARGE_INTEGER) : basic ? sizeof(FILE_BASIC_INFO) : 1))
        return win32_error(ERROR_BAD_LENGTH);
    ACCESS_MASK access = sizes ? FILE_WRITE_DATA : basic ? FILE_WRITE_ATTRIBUTES : DELETE;
    NTSTATUS status = file_lookup(handle, access, &file);
    if (status < 0)
        return win32_status(status);
    if (class == FileEndOfFileInfo)
        status = set_size(file, ((LARGE_INTEGER *)information)->QuadPart);
    else if (class == FileAllocationInfo)
        status = set_allocation(file, ((LARGE_INTEGER *)information)->QuadPart);
    else if (basic)
        status = set_basic(file, information);
    else if (class == FileDispositionInfo)
        status = set_disposition(file, *(BOOLEAN *)information);
    ob_dereference(&file->object);
    return win32_status(status);
}

static FILETIME file_time(struct timespec time)
{
    ULONGLONG ticks = (ULONGLONG)((time.tv_sec + 11644473600ll) * 10000000 + time.tv_nsec / 100);
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

BOOL GetFileInformationByHandle(HANDLE handle, LPBY_HANDLE_FILE_INFORMATION information)
{
    struct ob_file *file;
    struct stat s;
    NTSTATUS status = file_lookup(handle, 0, &file);
    if (status < 0)
        return win32_status(status);
    if (fstat(file->fd, &s) != 0)
        status = errno_status(errno);
    else
        *information = (BY_HANDLE_FILE_INFORMATION){
            .dwFileAttributes = S_ISDIR(s.st_mode) ? FILE_ATTRIBUTE_DIRECTORY
                                : s.st_mode & 0222 ? FILE_ATTRIBUTE_NORMAL
                                                   : FILE_ATTRIBUTE_READONLY,
            .ftCreationTime = file_time(s.st_ctim),
            .ftLastAccessTime = file_time(s.st_atim),
            .ftLastWriteTime = file_time(s.st_mtim),
            .dwVolumeSerialNumber = (DWORD)s.st_dev,
            .nFileSizeHigh = (DWORD)((ULONGLONG)s.st_size >> 32),
            .nFileSizeLow = (DWORD)s.st_size,
            .nNumberOfLinks = (DWORD)s.st_nlink,
            .nFileIndexHigh = (DWORD)((ULONGLONG)s.st_ino >> 32),
            .nFileIndexLow = (DWORD)s.st_ino,
        };
    ob_dereference(&file->object);
    return win32_status(status);
}

static NTSTATUS wrap(int fd, const char *name, ACCESS_MASK access, unsigned flags, bool borrowed, HANDLE *handle)
{
    struct ob_file *file = ob_file_create(fd, name);
    if (!file) {
        if (!borrowed)
            close(fd);
        return STATUS_NO_MEMORY;
    }
    file->access = access;
    file->borrowed = borrowed;
    NTSTATUS status = ob_create_handle(&file->object, access, flags, handle);
    ob_dereference(&file->object);
    return status;
}

static HANDLE std_handles[3];

/* One handle a stream, made when first asked for; inheritable, as Windows' are. */
HANDLE GetStdHandle(DWORD which)
{
    HANDLE *handles = std_handles;
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    unsigned i = STD_INPUT_HANDLE - which;
    if (i > 2) {
        SetLastError(ERROR_INVALID_HANDLE);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE known = __atomic_load_n(&handles[i], __ATOMIC_ACQUIRE);
    if (known || fcntl((int)i, F_GETFD) < 0)
        return known;
    HANDLE made, none = NULL;
    ACCESS_MASK access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    if (!win32_status(wrap((int)i, names[i], access, OB_INHERIT, true, &made)))
        return INVALID_HANDLE_VALUE;
    if (!__atomic_compare_exchange_n(&handles[i], &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        ob_close_handle(made);
        return none;
    }
    return made;
}

/* The C library's streams do not follow, as they do not on Windows. */
BOOL SetStdHandle(DWORD which, HANDLE handle)
{
    unsigned i = STD_INPUT_HANDLE - which;
    if (i > 2)
        return win32_error(ERROR_INVALID_HANDLE);
    __atomic_store_n(&std_handles[i], handle, __ATOMIC_RELEASE);
    return TRUE;
}

BOOL CreatePipe(PHANDLE read_end, PHANDLE write_end, LPSECURITY_ATTRIBUTES security, DWORD size)
{
    int ends[2];
    unsigned flags = security && security->bInheritHandle ? OB_INHERIT : 0;
    HANDLE reader, writer;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return win32_status(errno_status(errno));
    if (size)
        (void)fcntl(ends[1], F_SETPIPE_SZ, (int)size);
    NTSTATUS status = wrap(ends[0], "pipe", FILE_GENERIC_READ, flags, false, &reader); /* takes the descriptor */
    if (status < 0) {
        close(ends[1]);
        return win32_status(status);
    }
    status = wrap(ends[1], "pipe", FILE_GENERIC_WRITE, flags, false, &writer);
    if (status < 0) {
        ob_close_handle(reader);
        return win32_status(status);
    }
    *read_end = reader;
    *write_end = writer;
    return TRUE;
}
