/* winmem.h: addresses taken apart in every state, and a budget that changes while the program runs. */
/* test traits: no-asan (it counts pages in memory) */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <dirent.h>
#include <unistd.h>
#include <winmem.h>

#define PAGE ((SIZE_T)4096)
#define MIB ((SIZE_T)1 << 20)

static struct winmem_translation of(const volatile void *address)
{
    struct winmem_translation t = {.size = sizeof t};
    CHECK_EQ(winmem_translate((const void *)address, &t), 0);
    CHECK_EQ((uint64_t)t.pml4 << 39 | (uint64_t)t.pdpt << 30 | (uint64_t)t.pd << 21 | (uint64_t)t.pt << 12 | t.offset,
             (uintptr_t)address);
    return t;
}

static struct winmem_statistics statistics(void)
{
    struct winmem_statistics s = {.size = sizeof s};
    CHECK_EQ(winmem_get_statistics(&s), 0);
    return s;
}

static unsigned *fresh(SIZE_T size)
{
    unsigned *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    return memory;
}

static void fill(volatile unsigned *memory, SIZE_T size)
{
    for (SIZE_T i = 0; i < size / sizeof *memory; i++)
        memory[i] = (unsigned)(i * 2654435761u) ^ (unsigned)(i >> 7);
}

static unsigned wrong(volatile unsigned *memory, SIZE_T size)
{
    unsigned count = 0;
    for (SIZE_T i = 0; i < size / sizeof *memory; i++)
        count += memory[i] != ((unsigned)(i * 2654435761u) ^ (unsigned)(i >> 7));
    return count;
}

/* No file of the kernel's that paging would need is open. */
static unsigned userfaultfds(void)
{
    unsigned count = 0;
    char path[300], target[64] = "";
    DIR *folder = opendir("/proc/self/fd");
    REQUIRE(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = 0;
        count += strstr(target, "userfaultfd") != NULL;
    }
    closedir(folder);
    return count;
}

static void bad_arguments(void)
{
    struct winmem_translation t = {.size = sizeof t - 1};
    struct winmem_statistics s = {.size = 4};
    CHECK_EQ(winmem_translate(&t, &t), -EINVAL);
    t.size = sizeof t;
    CHECK_EQ(winmem_translate((void *)0xFFFF800000000000, &t), -EFAULT);
    CHECK_EQ(winmem_get_statistics(&s), -EINVAL);
}

/* A budget that is not exceeded costs nothing: no page is looked at. */
static void idle(void)
{
    char *reserved = VirtualAlloc(NULL, MIB, MEM_RESERVE, PAGE_READWRITE);
    unsigned *memory = fresh(MIB);
    fill(memory, MIB);
    CHECK_EQ(of(reserved + 5).state, WINMEM_FREE);
    CHECK_EQ(of((char *)64).state, WINMEM_FREE);
    CHECK_EQ(of(memory).state, WINMEM_UNPAGED);
    CHECK_EQ(of(&memory).state, WINMEM_UNPAGED);
    CHECK_EQ(of(memory).entry, 0);
    CHECK_EQ(statistics().paging, 0);
    CHECK_EQ(statistics().budget, 0);
    CHECK_EQ(userfaultfds(), 0);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE) && VirtualFree(reserved, 0, MEM_RELEASE));
}

static void states(void)
{
    SIZE_T size = 12 * MIB;
    char *memory = (char *)fresh(size);
    CHECK(statistics().paging == 1 && userfaultfds() == 1);
    CHECK_EQ(of(memory).state, WINMEM_DEMAND_ZERO);
    memory[0] = 1;
    struct winmem_translation t = of(memory);
    CHECK_EQ(t.state, WINMEM_VALID);
    CHECK(t.entry != 0 && t.priority == 5 && !t.locked && !t.has_copy);
    CHECK(geteuid() != 0 || t.kernel_frame != 0);
    CHECK(of(memory + 1).frame == t.frame && of(memory + 1).offset == 1);
    CHECK(VirtualLock(memory, PAGE));
    CHECK(of(memory).locked);
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    CHECK_EQ(of(memory).state, WINMEM_VALID);
    CHECK(VirtualUnlock(memory, PAGE));
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    t = of(memory);
    CHECK_EQ(t.state, WINMEM_STORED);
    CHECK(t.stored_bytes > 0 && t.stored_bytes < 4096 && t.kernel_frame == 0);
    CHECK_EQ(of(memory + PAGE).state, WINMEM_DEMAND_ZERO);
    CHECK_EQ(memory[0], 1);
    CHECK_EQ(of(memory).state, WINMEM_VALID);
    CHECK(VirtualFree(memory, PAGE, MEM_DECOMMIT));
    CHECK_EQ(of(memory).state, WINMEM_FREE);

    fill((unsigned *)memory + PAGE, size - 4 * PAGE);
    unsigned out = 0, in = 0;
    for (SIZE_T at = 4 * PAGE; at < size; at += PAGE) {
        t = of(memory + at);
        out += t.state == WINMEM_PAGED_OUT;
        in += t.state == WINMEM_VALID;
        CHECK(t.state != WINMEM_PAGED_OUT || t.file_offset < statistics().file_bytes);
    }
    CHECK(out > 100 && in > 100);
    CHECK_EQ(wrong((unsigned *)memory + PAGE, size - 4 * PAGE), 0);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
    CHECK_EQ(of(memory).state, WINMEM_FREE);
}

static void add_up(void)
{
    struct winmem_statistics s = statistics();
    CHECK_EQ(s.active + s.modified + s.standby + s.tables + s.zeroed, s.budget + s.over_budget);
}

static void changes(void)
{
    SIZE_T size = 12 * MIB;
    unsigned *memory = fresh(size);
    fill(memory, size);
    static const unsigned budgets[] = {32, 6, 4, 8};
    for (unsigned i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        CHECK_EQ(winmem_set_ram(budgets[i] * MIB), 0);
        CHECK_EQ(statistics().budget, budgets[i] * MIB / PAGE);
        CHECK_EQ(statistics().over_budget, 0);
        add_up();
        CHECK_EQ(wrong(memory, size), 0);
        CHECK_EQ(statistics().over_budget, 0);
        add_up();
    }
    /* What is locked stays, over the budget, and goes when it is locked no more. */
    CHECK(SetProcessWorkingSetSize(GetCurrentProcess(), 6 * MIB, 7 * MIB));
    CHECK(VirtualLock(memory, 5 * MIB));
    CHECK_EQ(winmem_set_ram(4 * MIB), -EBUSY);
    CHECK(statistics().over_budget > 0);
    add_up();
    CHECK_EQ(wrong(memory, 6 * MIB), 0);
    CHECK(VirtualUnlock(memory, 5 * MIB));
    CHECK_EQ(wrong(memory, size), 0);
    CHECK_EQ(statistics().over_budget, 0);
    /* No budget: everything comes back and stays. */
    CHECK_EQ(winmem_set_ram(0), 0);
    CHECK_EQ(wrong(memory, size), 0);
    CHECK_EQ(statistics().budget, 0);
    for (SIZE_T at = 0; at < size / sizeof *memory; at += 1024)
        CHECK_EQ(of(memory + at).state, WINMEM_VALID);
    CHECK_EQ(winmem_set_ram(8 * MIB), 0);
    add_up();
    CHECK_EQ(wrong(memory, size), 0);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

int main(int argc, char **argv)
{
    if (argc < 2) { /* options are read from the environment at the start */
        setenv("WINMEM_RAM", "8M", 1);
        char again[] = "again", *const arguments[] = {argv[0], again, NULL};
        execv("/proc/self/exe", arguments);
        return 1;
    }
    bad_arguments();
    idle();
    states();
    changes();
    return CHECK_DONE();
}
#else
int main(void)
{
    SKIP("winmem's own interface");
}
#endif
