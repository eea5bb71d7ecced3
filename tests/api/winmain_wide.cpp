// winmain_wide.cpp: a C++ program of the windowed kind in its UNICODE flavour; runs itself again with arguments.
// test traits: wide unicode
#include <windows.h>

#include <tchar.h>

#include "check.h"

int WINAPI _tWinMain(HINSTANCE instance, HINSTANCE, LPTSTR line, int)
{
    CHECK(instance == GetModuleHandle(NULL));
    if (*line) {
        CHECK(lstrcmp(line, TEXT("\"a b\" c")) == 0);
        return CHECK_DONE();
    }
    WCHAR again[2 * MAX_PATH] = L"\"", name[MAX_PATH];
    REQUIRE(GetModuleFileName(NULL, name, MAX_PATH) != 0);
    lstrcat(lstrcat(lstrcat(again, name), L"\""), L"  \"a b\" c");
    STARTUPINFO start = {};
    PROCESS_INFORMATION child;
    DWORD code = 1;
    start.cb = sizeof start;
    REQUIRE(CreateProcess(NULL, again, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child));
    CHECK_EQ(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(child.hProcess, &code));
    CHECK_EQ(code, 0);
    return CHECK_DONE();
}
