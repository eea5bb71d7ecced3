/* Changes of folders: handles that are signaled, and records of what has changed: at once, overlapped, by a port, by a
 * procedure; taken back; more than there is room for. */
#include "conform.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

static char root[MAX_PATH];

static const char *in_root(const char *name)
{
    static char path[4][MAX_PATH + 64];
    static unsigned turn;
    char *at = path[turn++ % 4];
    snprintf(at, sizeof path[0], "%s\\%s", root, name);
    return at;
}

static void put(const char *name, const char *text)
{
    DWORD done;
    HANDLE file = CreateFileA(in_root(name), GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    if (*text)
        CHECK(WriteFile(file, text, (DWORD)strlen(text), &done, NULL));
    CloseHandle(file);
}

static HANDLE open_root(DWORD flags)
{
    HANDLE folder = CreateFileA(root, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
    REQUIRE(folder != INVALID_HANDLE_VALUE);
    return folder;
}

static void notifications(void)
{
    HANDLE names = FindFirstChangeNotificationA(root, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    HANDLE folders = FindFirstChangeNotificationA(root, TRUE, FILE_NOTIFY_CHANGE_DIR_NAME);
    HANDLE writes = FindFirstChangeNotificationA(root, FALSE, FILE_NOTIFY_CHANGE_LAST_WRITE);
    REQUIRE(names != INVALID_HANDLE_VALUE && folders != INVALID_HANDLE_VALUE && writes != INVALID_HANDLE_VALUE);
    CHECK_EQ(WaitForSingleObject(names, 0), WAIT_TIMEOUT);
    put("one", "");
    CHECK_EQ(WaitForSingleObject(names, 5000), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(names, 0), WAIT_OBJECT_0); /* until the next is asked for */
    CHECK_EQ(WaitForSingleObject(folders, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForSingleObject(writes, 0), WAIT_TIMEOUT);
    WORKS(FindNextChangeNotification(names));
    CHECK_EQ(WaitForSingleObject(names, 0), WAIT_TIMEOUT);
    put("one", "x");
    CHECK_EQ(WaitForSingleObject(names, 0), WAIT_TIMEOUT);
    HANDLE both[] = {names, writes};
    CHECK_EQ(WaitForMultipleObjects(2, both, FALSE, 5000), WAIT_OBJECT_0 + 1);
    FAILS(FindFirstChangeNotificationA(in_root("one"), FALSE, NAMES) != INVALID_HANDLE_VALUE, ERROR_DIRECTORY);
    CHECK(DeleteFileA(in_root("one")));
    CHECK_EQ(WaitForSingleObject(names, 5000), WAIT_OBJECT_0);
    CHECK(CreateDirectoryA(in_root("folder"), NULL));
    CHECK_EQ(WaitForSingleObject(folders, 5000), WAIT_OBJECT_0);
    WORKS(FindNextChangeNotification(folders));
    CHECK(CreateDirectoryA(in_root("folder\\inner"), NULL)); /* below a folder that came later */
    CHECK_EQ(WaitForSingleObject(folders, 5000), WAIT_OBJECT_0);
    CHECK(RemoveDirectoryA(in_root("folder\\inner")) && RemoveDirectoryA(in_root("folder")));
    WORKS(FindCloseChangeNotification(names));
    WORKS(FindCloseChangeNotification(folders));
    WORKS(FindCloseChangeNotification(writes));
    FAILS(FindCloseChangeNotification(names), ERROR_INVALID_HANDLE);
    FAILS(FindNextChangeNotification(names), ERROR_INVALID_HANDLE);
    FAILS(FindFirstChangeNotificationA(root, FALSE, 0) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    FAILS(FindFirstChangeNotificationA(root, FALSE, 0x1000) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    FAILS(FindFirstChangeNotificationA(in_root("none"), FALSE, NAMES) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND);
}

static DWORD WINAPI wait_for(LPVOID handle)
{
    return WaitForSingleObject(handle, 5000);
}

/* The folder is the one that it was, by whatever name; many new folders in each other are met by a small stack. */
static void notifications_below(void)
{
    enum { DEEP = 60 };
    char before[MAX_PATH], deep[MAX_PATH] = "moved\\inner";
    DWORD code = 77;
    CHECK(CreateDirectoryA(in_root("folder"), NULL));
    CHECK(GetCurrentDirectoryA(sizeof before, before) && SetCurrentDirectoryA(in_root("folder")));
    HANDLE folders = FindFirstChangeNotificationA(".", TRUE, FILE_NOTIFY_CHANGE_DIR_NAME);
    REQUIRE(folders != INVALID_HANDLE_VALUE);
    CHECK(SetCurrentDirectoryA(before) && MoveFileA(in_root("folder"), in_root("moved")));
    CHECK_EQ(WaitForSingleObject(folders, 0), WAIT_TIMEOUT); /* nothing in it has changed */
    for (int i = 0; i < DEEP; i++, strcat(deep, "\\x"))
        REQUIRE(CreateDirectoryA(in_root(deep), NULL));
    HANDLE thread = CreateThread(NULL, 1, wait_for, folders, 0, NULL);
    REQUIRE(thread);
    CHECK_EQ(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == WAIT_OBJECT_0);
    CloseHandle(thread);
    for (int i = 0; i < 2 * DEEP && WaitForSingleObject(folders, 0) == WAIT_OBJECT_0; i++)
        WORKS(FindNextChangeNotification(folders));
    CHECK_EQ(WaitForSingleObject(folders, 0), WAIT_TIMEOUT); /* each was told of once */
    for (int i = 0; i < DEEP; i++) {
        *strrchr(deep, '\\') = 0;
        CHECK(RemoveDirectoryA(in_root(deep)));
        CHECK_EQ(WaitForSingleObject(folders, 5000), WAIT_OBJECT_0);
        WORKS(FindNextChangeNotification(folders));
    }
    CHECK(RemoveDirectoryA(in_root("moved")));
    WORKS(FindCloseChangeNotification(folders));
}

/* "+one -two": what the records say. */
static const char *read_records(const void *buffer, DWORD size)
{
    static char text[1024];
    size_t length = 0;
    text[0] = 0;
    for (DWORD at = 0; size;) {
        const FILE_NOTIFY_INFORMATION *record = (const void *)((const char *)buffer + at);
        CHECK(at + sizeof *record <= size + sizeof(WCHAR) && at % sizeof(DWORD) == 0);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%c", at ? " " : "",
                                   " +-*<>"[record->Action < 6 ? record->Action : 0]);
        for (DWORD i = 0; i < record->FileNameLength / sizeof(WCHAR); i++)
            text[length++] = (char)record->FileName[i];
        text[length] = 0;
        if (!record->NextEntryOffset)
            break;
        at += record->NextEntryOffset;
    }
    return text;
}

#define SAYS(buffer, size, want)                                                                                       \
    do {                                                                                                               \
        const char *says_have = read_records(buffer, size);                                                            \
        CHECK(strcmp(says_have, want) == 0);                                                                           \
        if (strcmp(says_have, want) != 0)                                                                              \
            fprintf(stderr, "have '%s', want '%s'\n", says_have, want);                                                \
    } while (0)

static DWORD WINAPI change_later(LPVOID unused)
{
    (void)unused;
    Sleep(50);
    put("later", "");
    return 0;
}

static void at_once(void)
{
    DWORD buffer[256], done = 77;
    HANDLE folder = open_root(0);
    HANDLE thread = CreateThread(NULL, 0, change_later, NULL, 0, NULL);
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, &done, NULL, NULL));
    SAYS(buffer, done, "+later");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CHECK(MoveFileA(in_root("later"), in_root("sooner")));
    CHECK(CreateDirectoryA(in_root("folder"), NULL));
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, &done, NULL, NULL));
    SAYS(buffer, done, "<later >sooner +folder");
    put("folder\\file", "");
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, &done, NULL, NULL));
    SAYS(buffer, done, "+folder\\file");
    CHECK(MoveFileA(in_root("folder\\file"), in_root("file"))); /* from one folder to another */
    CHECK(MoveFileA(in_root("folder"), in_root("moved")));
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, &done, NULL, NULL));
    SAYS(buffer, done, "-folder\\file +file <folder >moved");
    put("moved\\again", "");
    CHECK(DeleteFileA(in_root("moved\\again")) && RemoveDirectoryA(in_root("moved")));
    CHECK(DeleteFileA(in_root("file")) && DeleteFileA(in_root("sooner")));
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, &done, NULL, NULL));
    SAYS(buffer, done, "+moved\\again -moved\\again -moved -file -sooner");
    put("a name of some length", ""); /* no room: all of it is dropped */
    CHECK(DeleteFileA(in_root("a name of some length")));
    WORKS(ReadDirectoryChangesW(folder, buffer, 16, TRUE, NAMES, &done, NULL, NULL));
    CHECK_EQ(done, 0);
    done = 77;
    FAILS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, 0, &done, NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(ReadDirectoryChangesW(folder, (char *)buffer + 1, 64, TRUE, NAMES, &done, NULL, NULL), ERROR_NOACCESS);
    FAILS(ReadDirectoryChangesW(NULL, buffer, 64, TRUE, NAMES, &done, NULL, NULL), ERROR_INVALID_HANDLE);
    CHECK_EQ(done, 77);
    CloseHandle(folder);
    put("file", "");
    HANDLE file = CreateFileA(in_root("file"), GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    FAILS(ReadDirectoryChangesW(file, buffer, 64, TRUE, NAMES, &done, NULL, NULL), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
}

struct read_call {
    HANDLE folder;
    DWORD buffer[64], done, error;
};

static DWORD WINAPI read_here(LPVOID context)
{
    struct read_call *call = context;
    call->done = 77;
    BOOL worked =
        ReadDirectoryChangesW(call->folder, call->buffer, sizeof call->buffer, FALSE, NAMES, &call->done, NULL, NULL);
    call->error = worked ? 0 : GetLastError();
    return 0;
}

/* Another thread takes the call back in whose thread it waits. */
static void taken_back(void)
{
    struct read_call call = {.folder = open_root(0)};
    FAILS(CancelIoEx(call.folder, NULL), ERROR_NOT_FOUND);
    HANDLE thread = CreateThread(NULL, 0, read_here, &call, 0, NULL);
    REQUIRE(thread);
    Sleep(50);
    WORKS(CancelIo(call.folder)); /* nothing of this thread's */
    CHECK_EQ(WaitForSingleObject(thread, 400), WAIT_TIMEOUT);
    WORKS(CancelIoEx(call.folder, NULL));
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK_EQ(call.error, ERROR_OPERATION_ABORTED);
    CHECK_EQ(call.done, 77);
    FAILS(CancelIoEx(call.folder, NULL), ERROR_NOT_FOUND);
    CloseHandle(thread);
    CloseHandle(call.folder);
}

enum { RENAMES = 2000 };

static DWORD WINAPI rename_often(LPVOID unused)
{
    (void)unused;
    for (int i = 0; i < RENAMES; i++)
        CHECK(MoveFileA(in_root(i % 2 ? "there" : "here"), in_root(i % 2 ? "here" : "there")));
    return 0;
}

/* Both names of a rename are told as such also to who reads between its halves. */
static void renamed_meanwhile(void)
{
    static DWORD buffer[16384];
    HANDLE folder = open_root(0);
    DWORD done, seen = 0, others = 0;
    put("here", "");
    HANDLE later = CreateThread(NULL, 0, change_later, NULL, 0, NULL); /* from the first call on it is watched */
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, &done, NULL, NULL));
    WaitForSingleObject(later, INFINITE);
    HANDLE thread = CreateThread(NULL, 0, rename_often, NULL, 0, NULL);
    REQUIRE(later && thread);
    while (seen + others < 2 * RENAMES) {
        REQUIRE(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, &done, NULL, NULL));
        REQUIRE(done != 0);
        for (const char *at = (const char *)buffer;;) {
            const FILE_NOTIFY_INFORMATION *record = (const void *)at;
            bool half =
                record->Action == FILE_ACTION_RENAMED_OLD_NAME || record->Action == FILE_ACTION_RENAMED_NEW_NAME;
            *(half ? &seen : &others) += 1;
            if (!record->NextEntryOffset)
                break;
            at += record->NextEntryOffset;
        }
    }
    CHECK_EQ(others, 0);
    WaitForSingleObject(thread, INFINITE);
    CHECK(DeleteFileA(in_root("here")) && DeleteFileA(in_root("later")));
    CloseHandle(later);
    CloseHandle(thread);
    CloseHandle(folder);
}

static DWORD told_error = 77, told_bytes;

static VOID WINAPI tell(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    (void)overlapped;
    told_error = error;
    told_bytes = bytes;
}

static void overlapped(void)
{
    DWORD buffer[256], done;
    OVERLAPPED one = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, *which;
    HANDLE folder = open_root(FILE_FLAG_OVERLAPPED);
    WORKS(
        ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES | FILE_NOTIFY_CHANGE_SIZE, NULL, &one, NULL));
    FAILS(GetOverlappedResult(folder, &one, &done, FALSE), ERROR_IO_INCOMPLETE);
    put("one", "");
    CHECK_EQ(WaitForSingleObject(one.hEvent, 5000), WAIT_OBJECT_0);
    WORKS(GetOverlappedResult(folder, &one, &done, FALSE));
    SAYS(buffer, done, "+one");
    put("one", "text");
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &one, NULL));
    WORKS(GetOverlappedResult(folder, &one, &done, TRUE));
    SAYS(buffer, done, "*one"); /* the first call has said what is watched */
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &one, NULL));
    WORKS(CancelIoEx(folder, &one));
    FAILS(GetOverlappedResult(folder, &one, &done, TRUE), ERROR_OPERATION_ABORTED);
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &one, tell));
    CHECK(DeleteFileA(in_root("one")));
    for (int i = 0; i < 100 && told_error == 77; i++)
        SleepEx(50, TRUE);
    CHECK_EQ(told_error, 0);
    SAYS(buffer, told_bytes, "-one");
    HANDLE port = CreateIoCompletionPort(folder, NULL, 42, 0);
    ULONG_PTR key = 0;
    REQUIRE(port);
    one.hEvent = NULL;
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &one, NULL));
    put("two", "");
    CHECK(GetQueuedCompletionStatus(port, &done, &key, &which, 5000) && key == 42 && which == &one);
    SAYS(buffer, done, "+two");
    WORKS(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &one, NULL));
    CloseHandle(folder); /* nobody waits for ever */
    CHECK(GetQueuedCompletionStatus(port, &done, &key, &which, 5000) && which == &one && done == 0);
    CHECK_EQ(one.Internal, STATUS_NOTIFY_CLEANUP);
    CHECK(DeleteFileA(in_root("two")));
    CloseHandle(port);
}

int main(void)
{
    char folder[MAX_PATH - 40];
    CHECK(GetTempPathA(sizeof folder, folder));
    snprintf(root, sizeof root, "%s/winmem-changes-%lu", folder, (unsigned long)GetCurrentProcessId());
    REQUIRE(CreateDirectoryA(root, NULL));
    notifications();
    notifications_below();
    at_once();
    taken_back();
    renamed_meanwhile();
    overlapped();
    CHECK(RemoveDirectoryA(root));
    return CHECK_DONE();
}
