/* pipename.c: names of pipes, and the Windows faces of named pipes. An instance is a socket of the runtime directory
 * whose name says the pipe's name (its hash), what kind of pipe it is, and whose process it is: an instance of a
 * process that has ended is removed by whoever meets it. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <namedpipeapi.h>
#include <ntstatus.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/path.h"
#include "base/file/pending.h"
#include "base/file/pipe.h"
#include "host/guarded.h"
#include "host/keep.h"
#include "host/runtime.h"
#include "host/utf.h"
#include "win32/win32.h"

#define LOOK_AGAIN 5 /* ms between two looks for an instance that listens */

const WCHAR *pipe_name(const WCHAR *path)
{
    static const char prefix[] = "\\\\.\\pipe\\";
    if (!path)
        return NULL;
    for (size_t i = 0; prefix[i]; i++)
        if (path[i] > 127 || tolower(path[i]) != prefix[i])
            return NULL;
    return path + sizeof prefix - 1;
}

/* Names differ by more than the case of their letters. */
static uint64_t hash_of(const WCHAR *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++)
        hash = (hash ^ (*name < 128 ? (WCHAR)tolower(*name) : *name)) * 1099511628211u;
    return hash;
}

static void prefix_of(const WCHAR *name, char *prefix, size_t size)
{
    snprintf(prefix, size, "pipe-%016llx-", (unsigned long long)hash_of(name));
}

/* ---- instances ---- */

struct look {
    size_t prefix;         /* its length */
    bool knock;            /* try each of them until one answers */
    int fd;                /* of the one that did, or -1 */
    unsigned count;        /* instances met */
    bool listens;          /* one of them does */
    struct pipe_kind kind; /* of the last one */
};

static int knock_at(const char *path, bool messages)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return -1;
    int type = (messages ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC;
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        (void)chmod(path, S_IRUSR);
        (void)fcntl(fd, F_SETFL, 0); /* a child that has it as its standard input waits in read */
        return fd;
    }
    close(fd);
    return -1;
}

static bool meet(void *context, const char *name)
{
    struct look *look = context;
    unsigned access, messages, most, timeout, pid;
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", host_runtime_path(), name);
    if (sscanf(name + look->prefix, "%x-%x-%x-%x-%x-", &access, &messages, &most, &timeout, &pid) != 5 ||
        stat(path, &status) != 0)
        return true;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) {
        unlink(path);
        return true;
    }
    look->count++;
    look->kind = (struct pipe_kind){access, messages != 0, most, timeout};
    bool listens = (status.st_mode & S_IWUSR) != 0; /* who is let in takes the bit away */
    look->listens |= listens;
    if (look->knock && listens)
        look->fd = knock_at(path, messages != 0);
    return look->fd < 0;
}

static void look_for(const WCHAR *name, bool knock, struct look *look)
{
    char prefix[32];
    prefix_of(name, prefix, sizeof prefix);
    *look = (struct look){.prefix = strlen(prefix), .knock = knock, .fd = -1};
    (void)host_runtime_each_socket(prefix, meet, look);
}

NTSTATUS pipe_open(const WCHAR *name, ACCESS_MASK access, struct ob_file **file)
{
    struct look look;
    bool reads = access & FILE_READ_DATA, writes = access & FILE_WRITE_DATA;
    look_for(name, false, &look);
    if (!look.count)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((reads && !(look.kind.access & PIPE_ACCESS_OUTBOUND)) || (writes && !(look.kind.access & PIPE_ACCESS_INBOUND)))
        return STATUS_ACCESS_DENIED;
    look_for(name, true, &look);
    if (look.fd < 0)
        return look.count ? STATUS_PIPE_NOT_AVAILABLE : (NTSTATUS)STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = pipe_make(look.fd, &look.kind, false, NULL, file);
    if (status < 0)
        close(look.fd);
    return status;
}

/* An instance of any name whose process has ended: nobody may ask for that name again. */
static bool sweep(void *context, const char *name)
{
    (void)context;
    char path[PATH_MAX];
    unsigned pid;
    if (sscanf(name, "pipe-%*16x-%*x-%*x-%*x-%*x-%x-", &pid) != 1 || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
        return true;
    snprintf(path, sizeof path, "%s/%s", host_runtime_path(), name);
    unlink(path);
    return true;
}

static NTSTATUS make_instance(const WCHAR *name, DWORD open_mode, DWORD pipe_mode, DWORD most, DWORD timeout,
                              struct ob_file **file)
{
    static _Atomic unsigned serial;
    struct look look;
    struct pipe_kind kind = {open_mode & PIPE_ACCESS_DUPLEX, (pipe_mode & PIPE_TYPE_MESSAGE) != 0, most, timeout};
    char prefix[32], socket_name[80];
    (void)host_runtime_each_socket("pipe-", sweep, NULL);
    look_for(name, false, &look);
    if (look.count && (open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE || look.kind.access != kind.access ||
                       look.kind.messages != kind.messages))
        return STATUS_ACCESS_DENIED;
    if (look.count && look.kind.most != PIPE_UNLIMITED_INSTANCES && look.count >= look.kind.most)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    if (look.count) { /* the first instance says it for all */
        kind.most = look.kind.most;
        kind.timeout = look.kind.timeout;
    }
    prefix_of(name, prefix, sizeof prefix);
    snprintf(socket_name, sizeof socket_name, "%s%x-%x-%x-%x-%x-%x", prefix, kind.access, kind.messages, kind.most,
             kind.timeout, (unsigned)getpid(), atomic_fetch_add(&serial, 1));
    return pipe_make(-1, &kind, true, socket_name, file);
}

/* ---- faces ---- */

static NTSTATUS check_modes(DWORD open_mode, DWORD pipe_mode, DWORD most)
{
    const DWORD open_flags = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_WRITE_THROUGH |
                             FILE_FLAG_OVERLAPPED | WRITE_DAC |
                             ACCESS_SYSTEM_SECURITY; /* WRITE_OWNER is the bit of the first flag */
    const DWORD pipe_flags = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT | PIPE_REJECT_REMOTE_CLIENTS;
    if (!(open_mode & PIPE_ACCESS_DUPLEX) || open_mode & ~open_flags || pipe_mode & ~pipe_flags || most == 0 ||
        most > PIPE_UNLIMITED_INSTANCES)
        return STATUS_INVALID_PARAMETER;
    bool bytes_as_messages = pipe_mode & PIPE_READMODE_MESSAGE && !(pipe_mode & PIPE_TYPE_MESSAGE);
    return bytes_as_messages ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances,
                               DWORD nOutBufferSize, DWORD nInBufferSize, DWORD nDefaultTimeOut,
                               LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    HOST_KEEP_ERRNO;
    struct ob_file *file = NULL;
    HANDLE handle = INVALID_HANDLE_VALUE;
    const WCHAR *name = pipe_name(lpName);
    NTSTATUS status = check_modes(dwOpenMode, dwPipeMode, nMaxInstances);
    if (status >= 0 && (!name || !*name || host_utf16_length((const uint16_t *)name) > 247))
        status = STATUS_OBJECT_NAME_INVALID;
    if (status >= 0)
        status = make_instance(name, dwOpenMode, dwPipeMode, nMaxInstances, nDefaultTimeOut, &file);
    if (!win32_status(status))
        return INVALID_HANDLE_VALUE;
    ACCESS_MASK access = SYNCHRONIZE | READ_CONTROL | FILE_READ_ATTRIBUTES;
    access |= dwOpenMode & PIPE_ACCESS_INBOUND ? FILE_GENERIC_READ : 0;
    access |= dwOpenMode & PIPE_ACCESS_OUTBOUND ? FILE_GENERIC_WRITE : 0;
    file->access = access;
    file->flags = dwOpenMode & (FILE_FLAG_OVERLAPPED | FILE_FLAG_WRITE_THROUGH);
    file->pipe->read_messages = (dwPipeMode & PIPE_READMODE_MESSAGE) != 0;
    file->pipe->nowait = (dwPipeMode & PIPE_NOWAIT) != 0;
    file->pipe->out_size = nOutBufferSize;
    file->pipe->in_size = nInBufferSize;
    bool inherit = lpSecurityAttributes && lpSecurityAttributes->bInheritHandle;
    status = ob_create_handle(&file->object, access, inherit ? OB_INHERIT : 0, &handle);
    ob_dereference(&file->object);
    return win32_status(status) ? handle : INVALID_HANDLE_VALUE;
}

static bool widen(LPCSTR name, WCHAR *wide)
{
    if (name && host_utf8_to_utf16(name, SIZE_MAX, (uint16_t *)wide, MAX_PATH, 0) <= MAX_PATH)
        return true;
    return win32_error(ERROR_INVALID_NAME);
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances,
                               DWORD nOutBufferSize, DWORD nInBufferSize, DWORD nDefaultTimeOut,
                               LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    WCHAR wide[MAX_PATH];
    return widen(lpName, wide) ? CreateNamedPipeW(wide, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize,
                                                  nInBufferSize, nDefaultTimeOut, lpSecurityAttributes)
                               : INVALID_HANDLE_VALUE;
}

/* The end behind a handle, referenced; NULL with the last error set. `plain`: one without a name will do. */
static struct ob_file *find_end(HANDLE handle, bool plain)
{
    struct ob_object *object;
    if (!win32_status(ob_lookup(handle, &ob_file_type, 0, &object, NULL)))
        return NULL;
    struct ob_file *file = (struct ob_file *)object;
    if (file->pipe || (plain && file->kind == FILE_TYPE_PIPE))
        return file;
    ob_dereference(object);
    win32_error(ERROR_INVALID_FUNCTION);
    return NULL;
}

static struct ob_file *find(HANDLE handle)
{
    return find_end(handle, false);
}

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
    HOST_KEEP_ERRNO;
    struct ob_file *file = find(hNamedPipe);
    if (!file)
        return FALSE;
    struct pending request = {.kind = PENDING_CONNECT, .file = file, .overlapped = lpOverlapped};
    NTSTATUS status =
        file->flags & FILE_FLAG_OVERLAPPED && !lpOverlapped ? STATUS_INVALID_PARAMETER : pending_run(&request);
    ob_dereference(&file->object);
    return status == STATUS_PENDING ? win32_error(ERROR_IO_PENDING) : win32_status(status);
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
    struct ob_file *file = find(hNamedPipe);
    if (!file)
        return FALSE;
    NTSTATUS status = pipe_disconnect(file);
    ob_dereference(&file->object);
    return win32_status(status);
}

BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize, LPDWORD lpBytesRead,
                          LPDWORD lpTotalBytesAvail, LPDWORD lpBytesLeftThisMessage)
{
    HOST_KEEP_ERRNO;
    struct ob_object *object;
    DWORD copied = 0, available = 0, left = 0;
    NTSTATUS status = ob_lookup(hNamedPipe, &ob_file_type, FILE_READ_DATA, &object, NULL);
    if (!win32_status(status))
        return FALSE;
    struct ob_file *file = (struct ob_file *)object;
    status = (NTSTATUS)host_guarded_touch(lpBuffer, nBufferSize);
    if (status == STATUS_SUCCESS)
        status = file->pipe ? pipe_peek(file, lpBuffer, nBufferSize, &copied, &available, &left)
                            : pipe_plain_peek(file, lpBuffer, nBufferSize, &copied, &available);
    ob_dereference(object);
    if (!win32_status(status))
        return FALSE;
    if (lpBytesRead)
        *lpBytesRead = copied;
    if (lpTotalBytesAvail)
        *lpTotalBytesAvail = available;
    if (lpBytesLeftThisMessage)
        *lpBytesLeftThisMessage = left;
    return TRUE;
}

BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize, LPDWORD lpInBufferSize,
                             LPDWORD lpMaxInstances)
{
    HOST_KEEP_ERRNO;
    struct ob_file *file = find_end(hNamedPipe, true);
    if (!file)
        return FALSE;
    const struct pipe_end *end = file->pipe;
    bool server = end ? end->server : file->readable; /* of a pair without a name, the end that reads */
    if (lpFlags)
        *lpFlags = (server ? PIPE_SERVER_END : 0) | (end && end->kind.messages ? PIPE_TYPE_MESSAGE : 0);
    if (lpOutBufferSize)
        *lpOutBufferSize = end ? end->out_size : pipe_plain_size(file);
    if (lpInBufferSize)
        *lpInBufferSize = end ? end->in_size : pipe_plain_size(file);
    if (lpMaxInstances)
        *lpMaxInstances = end ? end->kind.most : 1;
    ob_dereference(&file->object);
    return TRUE;
}

static NTSTATUS set_mode(struct pipe_end *end, DWORD mode)
{
    if (mode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT) || (mode & PIPE_READMODE_MESSAGE && !end->kind.messages))
        return STATUS_INVALID_PARAMETER;
    end->read_messages = (mode & PIPE_READMODE_MESSAGE) != 0;
    end->nowait = (mode & PIPE_NOWAIT) != 0;
    return STATUS_SUCCESS;
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
                                    LPDWORD lpCollectDataTimeout)
{
    HOST_KEEP_ERRNO;
    NTSTATUS status = STATUS_SUCCESS;
    if (lpMaxCollectionCount || lpCollectDataTimeout) /* of pipes between machines */
        return win32_error(ERROR_INVALID_PARAMETER);
    struct ob_file *file = find_end(hNamedPipe, true);
    if (!file)
        return FALSE;
    if (lpMode)
        status = file->pipe ? set_mode(file->pipe, *lpMode) : pipe_plain_set_mode(file, *lpMode);
    ob_dereference(&file->object);
    return win32_status(status);
}

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                              DWORD nOutBufferSize, LPDWORD lpBytesRead, LPOVERLAPPED lpOverlapped)
{
    DWORD written, copied, unread, left;
    struct ob_file *file = find(hNamedPipe);
    if (!file)
        return FALSE;
    bool overlapped = file->flags & FILE_FLAG_OVERLAPPED;
    NTSTATUS status = pipe_peek(file, NULL, 0, &copied, &unread, &left);
    if (overlapped && !lpOverlapped)
        status = STATUS_INVALID_PARAMETER;
    else if (pipe_watched(file, false) < 0)
        status = STATUS_PIPE_DISCONNECTED;
    else if (!file->pipe->read_messages)
        status = STATUS_INVALID_PIPE_STATE;
    else if (status >= 0)
        status = unread ? (NTSTATUS)STATUS_PIPE_BUSY : STATUS_SUCCESS; /* the answer would not be the next message */
    ob_dereference(&file->object);
    if (!win32_status(status))
        return FALSE;
    OVERLAPPED sent = {0}; /* a request that cannot go at once is waited for */
    if (!WriteFile(hNamedPipe, lpInBuffer, nInBufferSize, &written, overlapped ? &sent : NULL) &&
        !(GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(hNamedPipe, &sent, &written, TRUE)))
        return FALSE;
    return ReadFile(hNamedPipe, lpOutBuffer, nOutBufferSize, lpBytesRead, lpOverlapped);
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut)
{
    HOST_KEEP_ERRNO;
    const WCHAR *name = pipe_name(lpNamedPipeName);
    if (!name || !*name)
        return win32_error(ERROR_INVALID_NAME);
    int64_t deadline = -1;
    for (bool first = true;; first = false) {
        struct look look;
        look_for(name, false, &look);
        if (!look.count)
            return win32_error(ERROR_FILE_NOT_FOUND);
        if (nTimeOut == NMPWAIT_USE_DEFAULT_WAIT)
            nTimeOut = look.kind.timeout ? look.kind.timeout : 50;
        if (first)
            deadline = base_deadline(nTimeOut);
        if (look.listens)
            return TRUE;
        if (deadline >= 0 && host_now() >= deadline)
            return win32_error(ERROR_SEM_TIMEOUT);
        Sleep(LOOK_AGAIN);
    }
}

BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut)
{
    WCHAR wide[MAX_PATH];
    return widen(lpNamedPipeName, wide) && WaitNamedPipeW(wide, nTimeOut);
}

static BOOL handle_state(HANDLE handle, LPDWORD state, LPDWORD instances, bool others)
{
    if (others) /* of pipes between machines, and of who is at the other end */
        return win32_error(ERROR_INVALID_PARAMETER);
    struct ob_file *file = find_end(handle, true);
    if (!file)
        return FALSE;
    const struct pipe_end *end = file->pipe;
    if (state)
        *state = end ? (end->read_messages ? PIPE_READMODE_MESSAGE : 0) | (end->nowait ? PIPE_NOWAIT : 0)
                     : pipe_plain_mode(file);
    if (instances)
        *instances = 1;
    ob_dereference(&file->object);
    return TRUE;
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout, LPSTR lpUserName,
                                     DWORD nMaxUserNameSize)
{
    (void)nMaxUserNameSize;
    return handle_state(hNamedPipe, lpState, lpCurInstances,
                        lpMaxCollectionCount || lpCollectDataTimeout || lpUserName);
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout, LPWSTR lpUserName,
                                     DWORD nMaxUserNameSize)
{
    (void)nMaxUserNameSize;
    return handle_state(hNamedPipe, lpState, lpCurInstances,
                        lpMaxCollectionCount || lpCollectDataTimeout || lpUserName);
}

/* Whose an end is: this one's, or the one that the kernel knows of the other. */
static BOOL give_process(HANDLE handle, bool of_server, PULONG process)
{
    HOST_KEEP_ERRNO;
    struct ucred other;
    socklen_t size = sizeof other;
    DWORD copied, available, left;
    struct ob_file *file = find(handle);
    if (!file)
        return FALSE;
    bool own = file->pipe->server == of_server;
    (void)pipe_peek(file, NULL, 0, &copied, &available, &left); /* lets in who has knocked */
    bool known = own || getsockopt(pipe_watched(file, false), SOL_SOCKET, SO_PEERCRED, &other, &size) == 0;
    if (known)
        *process = (ULONG)(own ? file->pipe->owner : other.pid);
    ob_dereference(&file->object);
    return known ? TRUE : win32_error(ERROR_PIPE_NOT_CONNECTED);
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
    return give_process(Pipe, false, ClientProcessId);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
    return give_process(Pipe, true, ServerProcessId);
}

/* Opens the pipe, waiting for an instance. */
static HANDLE open_waiting(LPCWSTR name, DWORD timeout)
{
    for (;;) {
        HANDLE handle = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (handle != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY || !WaitNamedPipeW(name, timeout))
            return handle;
    }
}

BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                           DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    HANDLE handle = open_waiting(lpNamedPipeName, nTimeOut);
    if (handle == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL good = SetNamedPipeHandleState(handle, &mode, NULL, NULL) &&
                TransactNamedPipe(handle, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, NULL);
    DWORD error = GetLastError();
    CloseHandle(handle);
    return good ? TRUE : win32_error(error);
}

BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                           DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut)
{
    WCHAR wide[MAX_PATH];
    return widen(lpNamedPipeName, wide) &&
           CallNamedPipeW(wide, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, nTimeOut);
}
