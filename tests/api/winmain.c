/* winmain.c: a program of the windowed kind, which has WinMain and no main. */
#include <windows.h>

#include <string.h>

#include "check.h"

int WINAPI WinMain(HINSTANCE instance, HINSTANCE previous, LPSTR line, int show)
{
    CHECK(instance == GetModuleHandleA(NULL));
    CHECK(previous == NULL);
    CHECK(strcmp(line, "") == 0);
    CHECK_EQ(show, SW_SHOWDEFAULT);
    return CHECK_DONE();
}
