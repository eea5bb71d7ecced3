/* native_objects.c: native calls that make and open events, mutants, semaphores, processes and threads, and those on
 * modules, found by name as programs find them. */
#include <windows.h>
#include <winternl.h>

#include <string.h>

#include "check.h"

#define FIND(variable, name)                                                                                           \
    do {                                                                                                               \
        *(FARPROC *)&(variable) = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);                                 \
        REQUIRE(variable);                                                                                             \
    } while (0)
#define SAYS(call, status) CHECK_EQ((DWORD)(call), (DWORD)(status))

static NTSTATUS(NTAPI *create_event)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, int, BOOLEAN);
static NTSTATUS(NTAPI *open_event)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);

static void named_events(void)
{
    WCHAR text[] = {'\\', 'B', 'a', 's', 'e',  'N', 'a', 'm', 'e', 'd', 'O', 'b', 'j',
                    'e',  'c', 't', 's', '\\', 'n', 'a', 't', 'o', 'b', 'j', '1', 0};
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE first = NULL, second = NULL, third = (HANDLE)5;
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    SAYS(open_event(&third, EVENT_ALL_ACCESS, &attributes), 0xC0000034u); /* there is none yet */
    SAYS(create_event(&first, EVENT_ALL_ACCESS, &attributes, 0, FALSE), 0);
    SAYS(create_event(&third, EVENT_ALL_ACCESS, &attributes, 0, FALSE), 0xC0000035u);
    CHECK(third == (HANDLE)5);
    attributes.Attributes = OBJ_OPENIF;
    SAYS(create_event(&second, EVENT_ALL_ACCESS, &attributes, 0, FALSE), 0x40000000u);
    CHECK(SetEvent(second) && WaitForSingleObject(first, 0) == WAIT_OBJECT_0);
    CHECK(CloseHandle(second));
    SAYS(open_event(&second, SYNCHRONIZE, &attributes), 0);
    CHECK(!SetEvent(second) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(second));
    second = OpenEventA(EVENT_ALL_ACCESS, FALSE, "natobj1"); /* the same directory */
    CHECK(second && CloseHandle(second));
    name.Buffer++, name.Length -= 2;
    SAYS(open_event(&third, EVENT_ALL_ACCESS, &attributes), 0xC000003Bu); /* not a whole path */
    name.Length = 0;
    SAYS(open_event(&third, EVENT_ALL_ACCESS, &attributes), 0xC000003Bu);
    attributes.Length--;
    SAYS(create_event(&third, EVENT_ALL_ACCESS, &attributes, 0, FALSE), STATUS_INVALID_PARAMETER);
    CHECK(CloseHandle(first));
}

static void objects(void)
{
    NTSTATUS(NTAPI * create_mutant)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, BOOLEAN);
    NTSTATUS(NTAPI * release_mutant)(HANDLE, PLONG);
    NTSTATUS(NTAPI * create_semaphore)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, LONG, LONG);
    FIND(create_event, "NtCreateEvent");
    FIND(open_event, "NtOpenEvent");
    FIND(create_mutant, "NtCreateMutant");
    FIND(release_mutant, "NtReleaseMutant");
    FIND(create_semaphore, "NtCreateSemaphore");
    HANDLE handle = (HANDLE)7;
    LONG previous = 9;
    SAYS(create_event(&handle, EVENT_ALL_ACCESS, NULL, 2, FALSE), STATUS_INVALID_PARAMETER);
    SAYS(create_event(NULL, EVENT_ALL_ACCESS, NULL, 1, FALSE), STATUS_ACCESS_VIOLATION);
    CHECK(handle == (HANDLE)7);
    SAYS(create_event(&handle, EVENT_ALL_ACCESS, NULL, 1, TRUE), 0); /* 1: one waiter takes it */
    CHECK(WaitForSingleObject(handle, 0) == WAIT_OBJECT_0 && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT);
    CHECK(CloseHandle(handle));
    SAYS(create_event(&handle, EVENT_ALL_ACCESS, NULL, 0, TRUE), 0);
    CHECK(WaitForSingleObject(handle, 0) == WAIT_OBJECT_0 && WaitForSingleObject(handle, 0) == WAIT_OBJECT_0);
    SAYS(release_mutant(handle, NULL), 0xC0000024u);
    CHECK(CloseHandle(handle));
    SAYS(create_mutant(&handle, MUTANT_ALL_ACCESS, NULL, TRUE), 0);
    SAYS(release_mutant(handle, &previous), 0);
    CHECK_EQ(previous, 0);
    SAYS(release_mutant(handle, &previous), 0xC0000046u); /* not the owner */
    CHECK(CloseHandle(handle));
    SAYS(create_semaphore(&handle, SEMAPHORE_ALL_ACCESS, NULL, 3, 2), STATUS_INVALID_PARAMETER);
    SAYS(create_semaphore(&handle, SEMAPHORE_ALL_ACCESS, NULL, 1, 2), 0);
    CHECK(WaitForSingleObject(handle, 0) == WAIT_OBJECT_0 && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT);
    CHECK(CloseHandle(handle));
    named_events();
}

static DWORD WINAPI nap(LPVOID event)
{
    return WaitForSingleObject(event, 20000);
}

static void processes(void)
{
    NTSTATUS(NTAPI * open_process)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
    NTSTATUS(NTAPI * open_thread)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
    NTSTATUS(NTAPI * terminate_thread)(HANDLE, NTSTATUS);
    NTSTATUS(NTAPI * terminate_process)(HANDLE, NTSTATUS);
    FIND(open_process, "NtOpenProcess");
    FIND(open_thread, "NtOpenThread");
    FIND(terminate_thread, "NtTerminateThread");
    FIND(terminate_process, "NtTerminateProcess");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    CLIENT_ID client = {(HANDLE)(ULONG_PTR)GetCurrentProcessId(), NULL};
    HANDLE handle = (HANDLE)7;
    char byte = 3, got = 0;
    SAYS(open_process(&handle, PROCESS_VM_READ, &attributes, NULL), 0xC0000030u);
    SAYS(open_process(&handle, PROCESS_VM_READ, NULL, &client), STATUS_ACCESS_VIOLATION);
    CHECK(handle == (HANDLE)7);
    SAYS(open_process(&handle, PROCESS_VM_READ, &attributes, &client), 0);
    CHECK(ReadProcessMemory(handle, &byte, &got, 1, NULL) && got == 3);
    SAYS(terminate_process(handle, 1), 0xC0000022u);
    CHECK(CloseHandle(handle));
    client.UniqueProcess = (HANDLE)0x7FFFFFF0;
    SAYS(open_process(&handle, PROCESS_VM_READ, &attributes, &client), 0xC000000Bu);
    DWORD id, code = 0;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, nap, event, 0, &id);
    REQUIRE(event && thread);
    client.UniqueProcess = NULL, client.UniqueThread = (HANDLE)(ULONG_PTR)id;
    SAYS(open_thread(&handle, THREAD_TERMINATE, &attributes, &client), 0);
    SAYS(terminate_thread(handle, 0x1234), 0);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 0x1234);
    CHECK(CloseHandle(handle) && CloseHandle(thread) && CloseHandle(event));
    client.UniqueThread = (HANDLE)0x7FFFFFF0;
    SAYS(open_thread(&handle, THREAD_TERMINATE, &attributes, &client), 0xC000000Bu);
}

static void modules(void)
{
    NTSTATUS(NTAPI * load)(PWSTR, PULONG, UNICODE_STRING *, PVOID *);
    NTSTATUS(NTAPI * find)(PVOID, ANSI_STRING *, ULONG, PVOID *);
    FIND(load, "LdrLoadDll");
    FIND(find, "LdrGetProcedureAddress");
    WCHAR kernel[] = {'k', 'e', 'r', 'n', 'e', 'l', '3', '2', '.', 'd', 'l', 'l', 0};
    UNICODE_STRING name;
    ANSI_STRING call;
    PVOID module = NULL, address = NULL;
    RtlInitUnicodeString(&name, kernel);
    SAYS(load(NULL, NULL, &name, &module), 0);
    CHECK(module == (PVOID)GetModuleHandleA("kernel32"));
    RtlInitAnsiString(&call, "VirtualAlloc");
    SAYS(find(module, &call, 0, &address), 0);
    CHECK(address == (PVOID)GetProcAddress((HMODULE)module, "VirtualAlloc"));
    RtlInitAnsiString(&call, "VirtualAlloc17");
    SAYS(find(module, &call, 0, &address), 0xC0000139u);
    name.Buffer[0] = 'q';
    SAYS(load(NULL, NULL, &name, &module), 0xC0000135u);
    static const char *const known[] = {"dbghelp.dll", "user32.dll", "ws2_32.dll", "api-ms-win-core-memory-l1-1-0.dll",
                                        "winmm.dll"};
    static const char *const calls[] = {"SymFromAddr", "MessageBoxA", "WSAStartup", "VirtualAlloc", "timeGetTime"};
    for (int i = 0; i < 5; i++) {
        HMODULE loaded = LoadLibraryA(known[i]);
        CHECK(loaded && GetProcAddress(loaded, calls[i]));
        CHECK(!GetProcAddress(loaded, "NoSuchCall"));
        CHECK(FreeLibrary(loaded));
    }
}

int main(void)
{
    SetLastError(77);
    objects();
    processes();
    modules();
    return CHECK_DONE();
}
