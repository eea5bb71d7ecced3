/* Memory resource notifications: errors, the state without and with pressure, waits for one and for several. */
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <unistd.h>
#include <winmem.h>
#endif

static HANDLE low, high, go;

static BOOL is_signaled(HANDLE notification)
{
    BOOL state = 2;
    CHECK(QueryMemoryResourceNotification(notification, &state));
    CHECK_EQ(WaitForSingleObject(notification, 0), state ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
    return state;
}

static void errors(void)
{
    BOOL state = 7;
    HANDLE event = CreateEventW(NULL, TRUE, TRUE, NULL);
    SetLastError(0);
    CHECK(CreateMemoryResourceNotification((MEMORY_RESOURCE_NOTIFICATION_TYPE)2) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    CHECK(CreateMemoryResourceNotification((MEMORY_RESOURCE_NOTIFICATION_TYPE)-1) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!QueryMemoryResourceNotification(NULL, &state));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_EQ(state, 7);
    CHECK(CloseHandle(event));
    CHECK(!QueryMemoryResourceNotification(event, &state));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
    high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
    REQUIRE(low && high && low != high);
    CHECK(!SetEvent(low));
    CHECK(CloseHandle(low));
    CHECK(!CloseHandle(low));
    low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
    REQUIRE(low);
}

static DWORD WINAPI waiter(LPVOID unused)
{
    (void)unused;
    HANDLE both[] = {low, go};
    SetEvent(go);
    CHECK_EQ(WaitForMultipleObjects(2, both, TRUE, 20000), WAIT_OBJECT_0);
    return WaitForSingleObject(low, 20000);
}

/* Memory fills up with a waiter asleep, and is given back. */
static void pressure(void)
{
    SIZE_T size = 32 << 20;
    DWORD code = 99;
    CHECK(!is_signaled(low));
    CHECK(is_signaled(high));
    go = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, waiter, NULL, 0, NULL), either[] = {low, high};
    REQUIRE(thread != NULL && WaitForSingleObject(go, 20000) == WAIT_OBJECT_0);
    CHECK_EQ(WaitForMultipleObjects(2, either, FALSE, 20000), WAIT_OBJECT_0 + 1);
    unsigned *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    for (unsigned i = 0; i < size / sizeof *memory; i++)
        memory[i] = i * 2654435761u;
    CHECK_EQ(WaitForMultipleObjects(2, either, FALSE, 20000), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == WAIT_OBJECT_0);
    CHECK(is_signaled(low));
    CHECK(!is_signaled(high));
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
    CHECK_EQ(WaitForSingleObject(high, 20000), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(low, 30), WAIT_TIMEOUT);
    CHECK(!is_signaled(low));
}

int main(int argc, char **argv)
{
#ifdef __linux__
    if (argc < 2) { /* options are read from the environment at the start */
        setenv("WINMEM_RAM", "16M", 1);
        char again[] = "again", *const arguments[] = {argv[0], again, NULL};
        execv("/proc/self/exe", arguments);
        exit(1);
    }
#else
    (void)argc, (void)argv;
#endif
    errors();
#ifdef __linux__
    pressure();
    CHECK_EQ(winmem_set_ram(0), 0); /* then the machine's memory counts */
    CHECK(!is_signaled(low) || !is_signaled(high));
#endif
    CHECK(CloseHandle(low) && CloseHandle(high));
    return CHECK_DONE();
}
