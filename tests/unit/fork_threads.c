/* A fork while other threads are in the middle of everything: the child can use every kind of call at once, whatever
 * those threads were doing. test traits: no-asan */
#include <windows.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "mm/space.h"

#define HEAPS 40
#define FORKS 150

static _Atomic bool stop;
static HANDLE heap[HEAPS];

static LONG CALLBACK repair(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    DWORD old;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    return VirtualProtect((void *)record->ExceptionInformation[1], 1, PAGE_READWRITE, &old)
               ? EXCEPTION_CONTINUE_EXECUTION
               : EXCEPTION_CONTINUE_SEARCH;
}

static bool use_memory(unsigned seed)
{
    (void)seed;
    DWORD old;
    MEMORY_BASIC_INFORMATION information;
    char *memory = VirtualAlloc(NULL, 1 << 16, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!memory)
        return false;
    memory[0] = 1;
    bool good =
        VirtualProtect(memory, 4096, PAGE_READONLY, &old) && VirtualQuery(memory, &information, sizeof information);
    memory[0] = 2; /* an exception, repaired */
    return good && memory[0] == 2 && VirtualFree(memory, 0, MEM_RELEASE);
}

static bool use_section(unsigned seed)
{
    (void)seed;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1 << 16, NULL);
    char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!view)
        return false;
    view[5] = 1;
    return UnmapViewOfFile(view) && CloseHandle(section);
}

static bool use_heaps(unsigned seed)
{
    void *block = HeapAlloc(heap[seed % HEAPS], 0, 100 + seed % 5000);
    void *other = HeapAlloc(GetProcessHeap(), 0, 1 << 20);
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    bool good = block && other && handle && GlobalLock(handle) != NULL;
    GlobalUnlock(handle);
    return good && !GlobalFree(handle) && HeapFree(heap[seed % HEAPS], 0, block) &&
           HeapFree(GetProcessHeap(), 0, other);
}

static bool use_objects(unsigned seed)
{
    char name[40];
    snprintf(name, sizeof name, "Local\\winmem-fork-%u-%u", (unsigned)getpid(), seed);
    HANDLE named = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
    DWORD slot = TlsAlloc();
    void *vector = AddVectoredExceptionHandler(0, repair);
    bool good = named && slot != TLS_OUT_OF_INDEXES && vector;
    return good && RemoveVectoredExceptionHandler(vector) && TlsFree(slot) && CloseHandle(named);
}

static bool use_everything(unsigned seed)
{
    static bool (*const uses[])(unsigned) = {use_memory, use_section, use_heaps, use_objects};
    for (unsigned i = 0; i < 4; i++) {
        SetLastError(0);
        if (!uses[i](seed)) {
            fprintf(stderr, "part %u fails: error %lu\n", i, (unsigned long)GetLastError());
            return false;
        }
    }
    return true;
}

static void *work(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument * 1000;
    bool good = true;
    while (!stop && good)
        good = use_everything(seed++);
    CHECK(good);
    return NULL;
}

static void child(void)
{
    alarm(30); /* a lock that nobody gives back */
    if (host_lock_is_held_here())
        _exit(5); /* it could never be suspended */
    for (unsigned i = 0; i < 3; i++) {
        if (!use_everything(i))
            _exit(2);
    }
    pthread_t thread;
    stop = true;
    if (pthread_create(&thread, NULL, work, NULL) || pthread_join(thread, NULL))
        _exit(3);
    _exit(space_validate() ? 4 : 0);
}

/* A process that the parent's thread watches: the child, which has no such thread, hears of its end too. */
static void waits_for_process(const char *program)
{
    char line[600];
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof startup};
    int status;
    snprintf(line, sizeof line, "\"%s\" sleeps", program);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        _exit(WaitForSingleObject(made.hProcess, INFINITE) == WAIT_OBJECT_0 ? 0 : 1);
    }
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

int main(int argc, char **argv)
{
    pthread_t thread[3];
    if (argc > 1) {
        Sleep(300);
        return 0;
    }
    waits_for_process(argv[0]);
    AddVectoredExceptionHandler(1, repair);
    for (unsigned i = 0; i < HEAPS; i++)
        REQUIRE((heap[i] = HeapCreate(0, 0, 0)) != NULL);
    CHECK(use_everything(1));
    for (uintptr_t i = 0; i < 3; i++)
        REQUIRE(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < FORKS && check_failures == 0; i++) {
        pid_t pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0)
            child();
        int status;
        REQUIRE(waitpid(pid, &status, 0) == pid);
        CHECK_EQ(status, 0);
    }
    stop = true;
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    return CHECK_DONE();
}
