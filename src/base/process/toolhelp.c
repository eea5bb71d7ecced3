/* toolhelp.c: snapshots of processes, threads, modules and heaps, taken whole when they are made. From /proc, the list
 * of modules and the heaps' own walk. Other processes' heaps are not to be seen. */
#include <tlhelp32.h>

#include <heapapi.h>
#include <limits.h>
#include <memoryapi.h>
#include <ntstatus.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/module/modulelist.h"
#include "base/path.h"
#include "host/list.h"
#include "host/own.h"
#include "host/process.h"
#include "host/utf.h"
#include "ob/ob.h"
#include "win32/win32.h"

#define KNOWN_FLAGS (TH32CS_SNAPALL | TH32CS_SNAPMODULE32 | TH32CS_INHERIT)

/* Records of one size, one behind the other. */
struct records {
    void *first;
    size_t size, count;
};

struct snapshot {
    struct ob_object object;
    struct records processes, threads, modules, heaps;
    size_t next[4]; /* for each kind what the next call tells */
};
enum { PROCESSES, THREADS, MODULES, HEAPS };

static void destroy(struct ob_object *object)
{
    struct snapshot *snapshot = (struct snapshot *)object;
    host_own_give(snapshot->processes.first);
    host_own_give(snapshot->threads.first);
    host_own_give(snapshot->modules.first);
    host_own_give(snapshot->heaps.first);
    host_own_give(snapshot);
}

static const struct ob_type snapshot_type = {
    .name = "Section", /* what it is on Windows */
    .valid_access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE,
    .destroy = destroy,
};

static bool put(struct records *records, const void *record, size_t size)
{
    if ((records->count & (records->count - 1)) == 0) { /* as many again, at every power of two */
        size_t room = records->count ? records->count * 2 : 1;
        void *more = host_own_grow(records->first, room * size);
        if (!more)
            return false;
        records->first = more;
    }
    memcpy((char *)records->first + records->count++ * size, record, size);
    records->size = size;
    return true;
}

static void widen(LPWSTR wide, size_t room, const char *text)
{
    size_t units = host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0);
    if (units <= room)
        host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)wide, room, 0);
    else
        wide[0] = 0;
}

/* ---- processes and threads ---- */

static bool add_process(struct records *records, int id)
{
    char name[64], text[1024], path[PATH_MAX];
    snprintf(name, sizeof name, "/proc/%d/stat", id);
    (void)host_text_read(name, text, sizeof text);
    char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close)
        return true; /* it has ended meanwhile */
    PROCESSENTRY32W entry = {.dwSize = sizeof entry, .th32ProcessID = (DWORD)id, .pcPriClassBase = 8};
    int parent = 0, threads = 1;
    sscanf(close + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d", &parent, &threads);
    entry.th32ParentProcessID = (DWORD)parent;
    entry.cntThreads = (DWORD)threads;
    *close = 0;
    widen(entry.szExeFile, MAX_PATH, host_process_image(id, path, sizeof path) ? base_file_part(path) : open + 1);
    return put(records, &entry, sizeof entry);
}

static bool add_threads(struct records *records, int id)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/task", id);
    struct host_list threads;
    if (host_list_open(&threads, name) != 0)
        return true; /* it has ended meanwhile */
    bool done = true;
    for (int number; done && (number = host_list_next_number(&threads));) {
        THREADENTRY32 thread = {
            .dwSize = sizeof thread, .th32ThreadID = (DWORD)number, .th32OwnerProcessID = (DWORD)id, .tpBasePri = 8};
        done = put(records, &thread, sizeof thread);
    }
    host_list_close(&threads);
    return done;
}

static DWORD take_processes(struct snapshot *snapshot, DWORD flags)
{
    struct host_list processes;
    if (host_list_open(&processes, "/proc") != 0)
        return ERROR_ACCESS_DENIED;
    bool done = true;
    for (int id; done && (id = host_list_next_number(&processes));) {
        if (flags & TH32CS_SNAPPROCESS)
            done = add_process(&snapshot->processes, id);
        if (done && flags & TH32CS_SNAPTHREAD)
            done = add_threads(&snapshot->threads, id);
    }
    host_list_close(&processes);
    return done ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

/* ---- modules and heaps ---- */

static DWORD take_modules(struct snapshot *snapshot, int id)
{
    struct base_modules list;
    char path[PATH_MAX];
    DWORD error = base_modules_list(id, &list);
    for (size_t i = 0; !error && i < list.count; i++) {
        struct base_module *module = &list.module[i];
        MODULEENTRY32W entry = {.dwSize = sizeof entry,
                                .th32ModuleID = 1,
                                .th32ProcessID = (DWORD)id,
                                .GlblcntUsage = 0xFFFF,
                                .ProccntUsage = 0xFFFF,
                                .modBaseAddr = (BYTE *)module->base,
                                .modBaseSize = (DWORD)module->size,
                                .hModule = (HMODULE)module->base};
        widen(entry.szModule, MAX_MODULE_NAME32 + 1, base_file_part(module->path));
        snprintf(path, sizeof path, "%s", module->path);
        path_as_windows(path, sizeof path);
        widen(entry.szExePath, MAX_PATH, path);
        if (!put(&snapshot->modules, &entry, sizeof entry))
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    base_modules_free(&list);
    return error;
}

static DWORD take_heaps(struct snapshot *snapshot, int id)
{
    HANDLE *heaps;
    DWORD room = 64, count;
    if (id != getpid())
        return ERROR_NOT_SUPPORTED;
    for (;;) {
        heaps = host_own_take(room * sizeof *heaps);
        count = heaps ? GetProcessHeaps(room, heaps) : 0;
        if (!heaps || count <= room)
            break;
        host_own_give(heaps);
        room = count + 16;
    }
    DWORD error = heaps ? 0 : ERROR_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < count && !error; i++) {
        HEAPLIST32 entry = {.dwSize = sizeof entry,
                            .th32ProcessID = (DWORD)id,
                            .th32HeapID = (ULONG_PTR)heaps[i],
                            .dwFlags = heaps[i] == GetProcessHeap() ? HF32_DEFAULT : 0};
        if (!put(&snapshot->heaps, &entry, sizeof entry))
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    host_own_give(heaps);
    return error;
}

HANDLE CreateToolhelp32Snapshot(DWORD flags, DWORD process)
{
    int id = process ? (int)process : getpid();
    HANDLE handle = INVALID_HANDLE_VALUE;
    DWORD error = flags & TH32CS_SNAPALL && !(flags & ~(DWORD)KNOWN_FLAGS) ? 0 : ERROR_INVALID_PARAMETER;
    struct snapshot *snapshot = error ? NULL : host_own_zero(1, sizeof *snapshot);
    if (!snapshot) {
        SetLastError(error ? error : ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    ob_init(&snapshot->object, &snapshot_type);
    if (flags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD))
        error = take_processes(snapshot, flags);
    if (!error && flags & TH32CS_SNAPMODULE)
        error = take_modules(snapshot, id);
    if (!error && flags & TH32CS_SNAPHEAPLIST)
        error = take_heaps(snapshot, id);
    if (!error) {
        unsigned inherit = flags & TH32CS_INHERIT ? OB_INHERIT : 0;
        NTSTATUS status = ob_create_handle(&snapshot->object, snapshot_type.valid_access, inherit, &handle);
        error = NT_SUCCESS(status) ? 0 : RtlNtStatusToDosError(status);
    }
    ob_dereference(&snapshot->object);
    if (error) {
        SetLastError(error);
        return INVALID_HANDLE_VALUE;
    }
    return handle;
}

/* ---- what a snapshot holds ---- */

/* Tells the next record, or the first; the caller's structure says its size. */
static BOOL tell(HANDLE handle, int kind, bool first, void *record, size_t size, bool right_size)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &snapshot_type, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return win32_error(ERROR_INVALID_HANDLE);
    struct snapshot *snapshot = (struct snapshot *)object;
    struct records *all[] = {&snapshot->processes, &snapshot->threads, &snapshot->modules, &snapshot->heaps};
    struct records *records = all[kind];
    DWORD error = 0;
    if (!right_size) {
        error = kind == PROCESSES || kind == MODULES ? ERROR_BAD_LENGTH : ERROR_INVALID_PARAMETER;
    } else {
        size_t at = first ? 0 : snapshot->next[kind];
        if (at < records->count)
            memcpy(record, (char *)records->first + at * size, size);
        else
            error = ERROR_NO_MORE_FILES;
        snapshot->next[kind] = at + 1;
    }
    ob_dereference(object);
    return error ? win32_error(error) : TRUE;
}

#define PLAIN_FACES(First, Next, Entry, kind)                                                                          \
    BOOL First(HANDLE snapshot, Entry entry)                                                                           \
    {                                                                                                                  \
        return tell(snapshot, kind, true, entry, sizeof *entry, entry->dwSize == sizeof *entry);                       \
    }                                                                                                                  \
    BOOL Next(HANDLE snapshot, Entry entry)                                                                            \
    {                                                                                                                  \
        return tell(snapshot, kind, false, entry, sizeof *entry, entry->dwSize == sizeof *entry);                      \
    }
PLAIN_FACES(Heap32ListFirst, Heap32ListNext, LPHEAPLIST32, HEAPS)
PLAIN_FACES(Thread32First, Thread32Next, LPTHREADENTRY32, THREADS)
PLAIN_FACES(Process32FirstW, Process32NextW, LPPROCESSENTRY32W, PROCESSES)
PLAIN_FACES(Module32FirstW, Module32NextW, LPMODULEENTRY32W, MODULES)

static void narrow(char *text, size_t room, LPCWSTR wide)
{
    size_t bytes = host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, NULL, 0, 0);
    if (bytes <= room)
        host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, text, room, 0);
    else
        text[0] = 0;
}

/* The forms in bytes are those in 16 bits up to the names. */
static BOOL tell_process(HANDLE snapshot, LPPROCESSENTRY32 entry, bool first)
{
    PROCESSENTRY32W wide = {.dwSize = sizeof wide};
    if (!tell(snapshot, PROCESSES, first, &wide, sizeof wide, entry->dwSize == sizeof *entry))
        return FALSE;
    memcpy(entry, &wide, offsetof(PROCESSENTRY32, szExeFile));
    entry->dwSize = sizeof *entry;
    narrow(entry->szExeFile, sizeof entry->szExeFile, wide.szExeFile);
    return TRUE;
}

BOOL Process32First(HANDLE snapshot, LPPROCESSENTRY32 entry)
{
    return tell_process(snapshot, entry, true);
}

BOOL Process32Next(HANDLE snapshot, LPPROCESSENTRY32 entry)
{
    return tell_process(snapshot, entry, false);
}

static BOOL tell_module(HANDLE snapshot, LPMODULEENTRY32 entry, bool first)
{
    MODULEENTRY32W wide = {.dwSize = sizeof wide};
    if (!tell(snapshot, MODULES, first, &wide, sizeof wide, entry->dwSize == sizeof *entry))
        return FALSE;
    memcpy(entry, &wide, offsetof(MODULEENTRY32, szModule));
    entry->dwSize = sizeof *entry;
    narrow(entry->szModule, sizeof entry->szModule, wide.szModule);
    narrow(entry->szExePath, sizeof entry->szExePath, wide.szExePath);
    return TRUE;
}

BOOL Module32First(HANDLE snapshot, LPMODULEENTRY32 entry)
{
    return tell_module(snapshot, entry, true);
}

BOOL Module32Next(HANDLE snapshot, LPMODULEENTRY32 entry)
{
    return tell_module(snapshot, entry, false);
}

/* ---- blocks of a heap ---- */

/* How far the calling thread's walk has come. */
static __thread PROCESS_HEAP_ENTRY walk __attribute__((tls_model("initial-exec")));
static __thread HANDLE walked __attribute__((tls_model("initial-exec")));

/* The next block behind `walk`; free and used ones count, regions do not. */
static BOOL next_block(HANDLE heap, LPHEAPENTRY32 entry)
{
    bool found = false;
    while (!found && HeapWalk(heap, &walk))
        found = !(walk.wFlags & (PROCESS_HEAP_REGION | PROCESS_HEAP_UNCOMMITTED_RANGE));
    if (!found) {
        walked = NULL;
        return win32_error(ERROR_NO_MORE_FILES);
    }
    bool busy = walk.wFlags & PROCESS_HEAP_ENTRY_BUSY, movable = walk.wFlags & PROCESS_HEAP_ENTRY_MOVEABLE;
    walked = heap;
    entry->hHandle = movable ? walk.Block.hMem : NULL;
    entry->dwAddress = (ULONG_PTR)walk.lpData;
    entry->dwBlockSize = walk.cbData;
    entry->dwFlags = movable ? LF32_MOVEABLE : busy ? LF32_FIXED : LF32_FREE;
    entry->dwLockCount = entry->dwResvd = 0;
    return TRUE;
}

static bool is_heap(HANDLE heap)
{
    HANDLE all[64];
    DWORD count = GetProcessHeaps(64, all);
    for (DWORD i = 0; i < count && i < 64; i++)
        if (all[i] == heap)
            return true;
    return count > 64; /* the walk itself will see */
}

BOOL Heap32First(LPHEAPENTRY32 entry, DWORD process, ULONG_PTR id)
{
    HANDLE heap = (HANDLE)id;
    if (entry->dwSize != sizeof *entry || (process && (int)process != getpid() && kill((int)process, 0) != 0))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (process && (int)process != getpid())
        return win32_error(ERROR_NOT_SUPPORTED);
    if (!is_heap(heap))
        return win32_error(ERROR_INVALID_PARAMETER);
    memset(&walk, 0, sizeof walk);
    entry->th32ProcessID = (DWORD)getpid();
    entry->th32HeapID = id;
    return next_block(heap, entry);
}

/* Goes on behind the block that the entry tells; a walk of another heap in between begins anew up to there. */
BOOL Heap32Next(LPHEAPENTRY32 entry)
{
    HANDLE heap = (HANDLE)entry->th32HeapID;
    if (entry->dwSize != sizeof *entry)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (walked != heap || (ULONG_PTR)walk.lpData != entry->dwAddress) {
        HEAPENTRY32 at = *entry;
        if (!Heap32First(&at, 0, entry->th32HeapID))
            return FALSE;
        while (at.dwAddress != entry->dwAddress)
            if (!next_block(heap, &at))
                return FALSE;
    }
    return next_block(heap, entry);
}

BOOL Toolhelp32ReadProcessMemory(DWORD id, LPCVOID address, LPVOID buffer, SIZE_T size, SIZE_T *read)
{
    HANDLE process = id ? OpenProcess(PROCESS_VM_READ, FALSE, id) : GetCurrentProcess();
    if (!process)
        return FALSE;
    BOOL done = ReadProcessMemory(process, address, buffer, size, read);
    if (id)
        CloseHandle(process);
    return done;
}
