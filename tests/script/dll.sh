#!/bin/sh
# Libraries with a DllMain, written as for Windows: told of their beginning and end and of threads, whether they are loaded
# by the program or linked to it; looked for beside the program; refused when they refuse.
set -eu
source=$1
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-fshort-wchar -I$source/include/win32"
libraries="-L$build -lwinmem-base -lwinmem -Wl,-rpath,$build"

cat >"$work/told.c" <<'C'
#include <windows.h>
#include <stdio.h>
static DWORD index_of_thread = TLS_OUT_OF_INDEXES;
static int threads;
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    char name[MAX_PATH];
    switch (reason) {
    case DLL_PROCESS_ATTACH:
        index_of_thread = TlsAlloc();
        GetModuleFileNameA(instance, name, sizeof name);
        printf("attach %s linked %d\n", strrchr(name, '\\') + 1, reserved != NULL);
        break;
    case DLL_THREAD_ATTACH:
        threads++;
        TlsSetValue(index_of_thread, &threads);
        break;
    case DLL_THREAD_DETACH:
        printf("thread ends, had %d\n", TlsGetValue(index_of_thread) != NULL);
        break;
    case DLL_PROCESS_DETACH:
        printf("detach threads %d at the end %d\n", threads, reserved != NULL);
        fflush(stdout);
        break;
    }
    return TRUE;
}
__declspec(dllexport) int told(void)
{
    return TlsGetValue(index_of_thread) != NULL;
}
C
cat >"$work/refuses.cpp" <<'C'
#include <windows.h>
#include <stdio.h>
BOOL APIENTRY DllMain(HMODULE, DWORD reason, LPVOID)
{
    printf("refuses %u\n", reason);
    return reason != DLL_PROCESS_ATTACH;
}
C
cat >"$work/loads.c" <<'C'
#include <windows.h>
#include <stdio.h>
static DWORD WINAPI thread(LPVOID call)
{
    return (DWORD)((int (*)(void))call)();
}
int main(void)
{
    DWORD code = 9;
    HMODULE library = LoadLibrary(TEXT("told"));
    if (!library)
        return printf("no library: %u\n", GetLastError());
    FARPROC told = GetProcAddress(library, "told");
    HANDLE one = CreateThread(NULL, 0, thread, (LPVOID)told, 0, NULL);
    WaitForSingleObject(one, INFINITE);
    GetExitCodeThread(one, &code);
    printf("main %d thread %u again %d\n", (int)told(), code, LoadLibrary(TEXT("told.dll")) == library);
    FreeLibrary(library);
    puts("freed once");
    HMODULE counted = NULL, not_counted = NULL;
    printf("counted %d", GetModuleHandleEx(0, TEXT("told"), &counted) && counted == library);
    printf(" %d", GetModuleHandleEx(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, TEXT("TOLD.dll"), &not_counted));
    printf(" %d\n", not_counted == library && FreeLibrary(counted));
    FreeLibrary(library);
    printf("still there %d\n", GetModuleHandle(TEXT("told.dll")) != NULL);
    library = LoadLibrary(TEXT("pinned"));
    printf("pinned %d\n", GetModuleHandleEx(GET_MODULE_HANDLE_EX_FLAG_PIN, TEXT("pinned"), &counted));
    for (int i = 0; i < 4; i++)
        FreeLibrary(library);
    printf("stays %d\n", GetModuleHandle(TEXT("pinned")) == library);
    printf("refused %d", LoadLibrary(TEXT("refuses")) == NULL);
    printf(" %u\n", GetLastError());
    char folder[MAX_PATH], here[MAX_PATH];
    GetModuleFileNameA(NULL, folder, sizeof folder);
    strcpy(strrchr(folder, '\\') + 1, "sub");
    printf("folder %d", LoadLibraryA("lone") == NULL);
    printf(" %d", SetDllDirectoryA(folder) && GetDllDirectoryA(sizeof here, here) == strlen(folder));
    printf(" %d", (library = LoadLibraryA("lone")) != NULL);
    FreeLibrary(library);
    SetCurrentDirectoryA(folder);
    printf(" %d", SetDllDirectoryA("") && LoadLibraryA("lone") == NULL && GetDllDirectoryA(sizeof here, here) == 0);
    printf(" %d", SetDllDirectoryA(NULL) && (library = LoadLibraryA("lone.dll")) != NULL);
    FreeLibrary(library);
    printf(" %d\n", (library = LoadLibraryA(strcat(folder, "\\lone"))) != NULL);
    return 0;
}
C
cat >"$work/pinned.c" <<'C'
#include <windows.h>
#include <stdio.h>
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    if (reason == DLL_PROCESS_DETACH)
        printf("pinned ends, with the process %d\n", reserved != NULL);
    return TRUE;
}
C
cat >"$work/lone.c" <<'C'
int lone;
C
mkdir "$work/sub"
cat >"$work/slow.c" <<'C'
#include <windows.h>
__declspec(dllexport) HANDLE go_on;
__declspec(dllexport) volatile int sits;
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    if (reason == DLL_THREAD_ATTACH && go_on) {
        sits = 1;
        WaitForSingleObject(go_on, INFINITE);
    }
    return TRUE;
}
C
cat >"$work/forks.c" <<'C'
#include <windows.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>
static DWORD WINAPI nothing(LPVOID unused)
{
    return 0;
}
int main(void)
{
    int status = -1;
    HMODULE library = LoadLibrary(TEXT("slow"));
    HANDLE *go_on = (HANDLE *)GetProcAddress(library, "go_on"), event = CreateEvent(NULL, TRUE, FALSE, NULL);
    volatile int *sits = (volatile int *)GetProcAddress(library, "sits");
    *go_on = event;
    HANDLE one = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
    while (!*sits)
        Sleep(1);
    pid_t child = fork();
    if (child == 0) { /* another thread sits in the entry, but not here */
        *go_on = NULL;
        alarm(20);
        one = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
        _exit(WaitForSingleObject(one, 10000) == WAIT_OBJECT_0 && LoadLibrary(TEXT("slow")) == library ? 7 : 1);
    }
    waitpid(child, &status, 0);
    SetEvent(event);
    WaitForSingleObject(one, INFINITE);
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}
C
cat >"$work/linked.c" <<'C'
#include <windows.h>
#include <stdio.h>
extern int told(void);
static DWORD WINAPI thread(LPVOID unused)
{
    return (DWORD)told();
}
int main(void)
{
    HANDLE one = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    WaitForSingleObject(one, INFINITE);
    puts("main ends");
    return 0;
}
C
# shellcheck disable=SC2086 # lists of words
{
    cc $flags -shared -fPIC "$work/told.c" -o "$work/told.dll" $libraries
    c++ $flags -shared -fPIC "$work/refuses.cpp" -o "$work/refuses.dll" $libraries
    cc $flags -shared -fPIC "$work/pinned.c" -o "$work/pinned.dll" $libraries
    cc $flags -shared -fPIC "$work/slow.c" -o "$work/slow.dll" $libraries
    cc $flags "$work/forks.c" -o "$work/forks" $libraries
    cc -shared -fPIC "$work/lone.c" -o "$work/sub/lone.dll"
    cc $flags "$work/loads.c" -o "$work/loads" $libraries
    cc $flags "$work/linked.c" -o "$work/linked" "$work/told.dll" $libraries -Wl,-rpath,"$work"
}
cat >"$work/want" <<'T'
attach told.dll linked 0
thread ends, had 1
main 0 thread 1 again 1
freed once
counted 1 1 1
detach threads 1 at the end 0
still there 0
pinned 1
stays 1
refuses 1
refuses 0
refused 1 1114
folder 1 1 1 1 1 1
pinned ends, with the process 1
attach told.dll linked 1
thread ends, had 1
main ends
detach threads 1 at the end 1
child 7
T
cd /
unset LD_LIBRARY_PATH # an empty entry of it would be the current folder
{
    "$work/loads"
    "$work/linked"
    "$work/forks"
} >"$work/have" 2>&1
diff "$work/want" "$work/have"
