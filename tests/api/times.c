/* Times of threads that run, wait to run and have ended. */
#include "check.h"

#include <windows.h>

static unsigned long long ticks(FILETIME time)
{
    return (unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static DWORD WINAPI work(LPVOID unused)
{
    FILETIME begun, ended, kernel, user;
    (void)unused;
    do { /* till the clock of processor time has seen it */
        CHECK(GetThreadTimes(GetCurrentThread(), &begun, &ended, &kernel, &user));
    } while (ticks(kernel) + ticks(user) == 0);
    return 0;
}

static void times(void)
{
    FILETIME begun, ended, kernel, user, now, first;
    GetSystemTimeAsFileTime(&now);
    HANDLE thread = CreateThread(NULL, 0, work, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread);
    CHECK(GetThreadTimes(thread, &first, &ended, &kernel, &user));
    CHECK(ticks(first) + 100000000 > ticks(now) && ticks(ended) == 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(GetThreadTimes(thread, &begun, &ended, &kernel, &user));
    CHECK_EQ(ticks(begun), ticks(first));
    CHECK(ticks(ended) >= ticks(begun) && ticks(kernel) + ticks(user) > 0);
    CloseHandle(thread);
    CHECK(!GetThreadTimes(NULL, &begun, &ended, &kernel, &user));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

int main(void)
{
    times();
    return CHECK_DONE();
}
