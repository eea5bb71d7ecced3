/* pager_signals.c: while memory is paged, faults come with signals blocked: a program's exception handler must not
 * see that, nor may a mask of the program's get lost over thousands of faults. */
/* test traits: protection */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "check.h"
#include "winmem.h"

#define PAGES 4096u

static int blocked(int signal)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    return sigismember(&mask, signal);
}

static LONG filter(volatile int *seen)
{
    *seen = 1 + blocked(SIGUSR1) + 2 * blocked(SIGUSR2) + 4 * blocked(SIGBUS);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* In a section that lost its bytes: SIGBUS, but not one that the pager can do anything about. */
static void in_page_error(void)
{
    char temp[MAX_PATH], name[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof(temp), temp) && GetTempFileNameA(temp, "wms", 0, name));
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    volatile char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view && truncate(name, 4096) == 0);
    volatile DWORD code = 0;
    volatile int seen = 0;
    __try {
        (void)view[0x8000];
    } __except (filter(&seen)) {
        code = GetExceptionCode();
    }
    CHECK_EQ(code, (DWORD)STATUS_IN_PAGE_ERROR);
    CHECK_EQ(seen, 1 + 2); /* SIGUSR2 is the program's own */
    CHECK(!blocked(SIGUSR1) && blocked(SIGUSR2));
    CHECK(UnmapViewOfFile((const void *)view) && CloseHandle(section) && CloseHandle(file));
}

static volatile sig_atomic_t handled;
static volatile unsigned char *memory;

/* A handler that touches paged memory, between and within the faults of the same thread. */
static void on_signal(int signal)
{
    static unsigned page;
    (void)signal;
    page = (page + 1237) % PAGES;
    handled += memory[(size_t)page * 4096] == (unsigned char)page;
}

int main(void)
{
    REQUIRE(winmem_set_ram(6u << 20) == 0);
    memory = VirtualAlloc(NULL, (size_t)PAGES * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory);
    sigset_t two;
    sigemptyset(&two);
    sigaddset(&two, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &two, NULL);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    for (unsigned page = 0; page < PAGES; page++)
        memory[(size_t)page * 4096] = (unsigned char)page;
    in_page_error();
    unsigned wrong = 0, sent = 0;
    for (unsigned i = 0; i < 3 * PAGES; i++) {
        unsigned page = i * 997 % PAGES;
        wrong += memory[(size_t)page * 4096] != (unsigned char)page;
        if (i % 16 == 0) {
            raise(SIGUSR1);
            sent++;
        }
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(handled, sent);
    in_page_error();
    return CHECK_DONE();
}
