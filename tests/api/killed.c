/* Children that take and leave named objects are killed at random moments: what is left must work for the next one. */
#include "check.h"

#include <windows.h>

#include <string.h>

#ifndef ROUNDS
#define ROUNDS 60
#define NAME "winmem-test-killed"
#endif

static int churn(void)
{
    for (;;) {
        HANDLE mutex = CreateMutexA(NULL, FALSE, NAME "-mutex");
        HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NAME "-section");
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, NAME "-event");
        if (!mutex || !section || !event)
            return 9;
        DWORD got = WaitForSingleObject(mutex, 5000);
        LONG *pair = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
        if (!pair || (got != WAIT_OBJECT_0 && got != WAIT_ABANDONED))
            return 8;
        if (got == WAIT_OBJECT_0 && pair[0] != pair[1])
            return 7; /* torn by a dead owner, and nobody said so */
        pair[1] = pair[0];
        pair[0]++;
        SetEvent(event);
        pair[1]++;
        UnmapViewOfFile(pair);
        ReleaseMutex(mutex);
        CloseHandle(event);
        CloseHandle(section);
        CloseHandle(mutex);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "churn") == 0)
        return churn();
    char line[600];
    unsigned seed = GetTickCount();
    snprintf(line, sizeof(line), "\"%s\" churn", argv[0]);
    for (int round = 0; round < ROUNDS; round++) {
        PROCESS_INFORMATION made[2];
        STARTUPINFOA startup = {.cb = sizeof(startup)};
        for (int i = 0; i < 2; i++)
            REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made[i]));
        seed = seed * 1103515245 + 12345;
        Sleep(3 + (seed >> 16) % 20);
        for (int i = 0; i < 2; i++) {
            CHECK(TerminateProcess(made[i].hProcess, 1));
            CHECK_EQ(WaitForSingleObject(made[i].hProcess, 10000), WAIT_OBJECT_0);
            DWORD code = 0;
            CHECK(GetExitCodeProcess(made[i].hProcess, &code));
            CHECK_EQ(code, 1);
            CloseHandle(made[i].hProcess);
            CloseHandle(made[i].hThread);
        }
        CHECK(!OpenMutexA(SYNCHRONIZE, FALSE, NAME "-mutex")); /* nobody holds the names any more */
        CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
        CHECK(!OpenFileMappingA(FILE_MAP_READ, FALSE, NAME "-section"));
        CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    }
    return CHECK_DONE();
}
