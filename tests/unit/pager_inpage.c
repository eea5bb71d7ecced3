/* pager_inpage.c: a page that cannot be read back from the paging file raises STATUS_IN_PAGE_ERROR in the thread that
 * touched it, with its address and the reason, whoever resolves faults; the page is whole again when the disk is. */
/* test traits: protection */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include <errno.h>
#include <ntstatus.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "host/gate.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 3072u /* 12 MiB, with a budget of 4 */

static uint8_t *memory;
static _Atomic int failing;
static bool old_kernel; /* before Linux 6.6, which cannot mark a page that a handler thread could not bring in */

static int gate(const char *call)
{
    if (old_kernel && strcmp(call, "host_uffd_poison") == 0)
        return -EOPNOTSUPP;
    return failing && strcmp(call, "host_file_read") == 0 ? failing : 0;
}

static uint64_t word(uint32_t page, unsigned i)
{
    uint64_t value = ((uint64_t)page << 20 | i) * 0x9e3779b97f4a7c15u;
    return value ^ value >> 29;
}

static unsigned wrong_pages(void)
{
    unsigned wrong = 0;
    for (uint32_t page = 0; page < PAGES; page++) {
        bool good = true;
        for (unsigned i = 0; i < 512; i += 5)
            good &= ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] == word(page, i);
        wrong += !good;
    }
    return wrong;
}

static uint32_t page_in_file(void)
{
    for (uint32_t page = 1; page < PAGES; page++) {
        struct pager_page info;
        pager_get_page((uintptr_t)memory + (size_t)page * 4096, &info);
        if (info.state == PAGER_PAGE_FILE)
            return page;
    }
    return 0;
}

static ULONG_PTR told[3];

static LONG filter(EXCEPTION_POINTERS *pointers)
{
    for (int i = 0; i < 3; i++)
        told[i] = pointers->ExceptionRecord->ExceptionInformation[i];
    return EXCEPTION_EXECUTE_HANDLER;
}

/* The exception's code, 0: none; a thread of its own each time. */
static void *touch(void *at)
{
    volatile DWORD code = 0;
    __try {
        *(volatile uint8_t *)at |= 0;
    } __except (filter(GetExceptionInformation())) {
        code = GetExceptionCode();
    }
    return (void *)(uintptr_t)code;
}

static DWORD touch_in_thread(void *at)
{
    pthread_t thread;
    void *code = NULL;
    REQUIRE(pthread_create(&thread, NULL, touch, at) == 0);
    pthread_join(thread, &code);
    return (DWORD)(uintptr_t)code;
}

static int test(bool by_thread)
{
    size_t size = (size_t)PAGES * 4096;
    alarm(50);
    host_option_set(OPTION_RAM, "4M");
    host_option_set(OPTION_PAGEFILE, "64M");
    if (by_thread && pager_use_thread() != 0)
        SKIP("no thread may resolve faults here");
    memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    if (mm_start_paging() != 0 || !pager_on)
        SKIP("no userfaultfd here");
    for (uint32_t page = 0; page < PAGES; page++)
        for (unsigned i = 0; i < 512; i++)
            ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] = word(page, i);
    CHECK_EQ(wrong_pages(), 0);
    host_gate = gate;
    for (uint32_t round = 0, page = 0; round < 4; round++) {
        page = page_in_file();
        REQUIRE(page != 0);
        uint8_t *at = memory + (size_t)page * 4096 + 100;
        failing = -EIO;
        memset(told, 0, sizeof(told));
        CHECK_EQ(round % 2 ? touch_in_thread(at) : (DWORD)(uintptr_t)touch(at), (DWORD)STATUS_IN_PAGE_ERROR);
        CHECK_EQ(told[1], (ULONG_PTR)at);
        CHECK((NTSTATUS)told[2] < 0);
        CHECK_EQ(touch_in_thread(at), (DWORD)STATUS_IN_PAGE_ERROR); /* again */
        failing = 0;
        CHECK_EQ(touch_in_thread(at), 0);
    }
    CHECK_EQ(wrong_pages(), 0);
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}

int main(void)
{
    int result = 0;
    for (int how = 0; how < 3 && !result; how++) {
        int status = 0;
        old_kernel = how == 2;
        pid_t pid = fork();
        if (pid == 0)
            exit(test(how > 0));
        REQUIRE(waitpid(pid, &status, 0) == pid);
        result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    return result;
}
