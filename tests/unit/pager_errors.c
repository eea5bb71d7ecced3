/* pager_errors.c: what the pager does when the kernel or the disk refuses: every host call of paging fails in turn, and
 * no page is ever lost silently; what cannot be read back is an error of that page alone. */
/* test traits: protection */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/gate.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 4096u

static uint8_t *memory;
static char file_name[64];
static const char *failing;
static int fail_error;
static unsigned fail_every, calls;
static bool no_mechanism; /* neither userfaultfd nor writing behind a protection */

static int gate(const char *call)
{
    if (no_mechanism)
        return strcmp(call, "host_uffd_open") == 0 || strcmp(call, "host_write_protected") == 0 ? -EPERM : 0;
    if (!failing || strcmp(call, failing) != 0)
        return 0;
    return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % fail_every == 0 ? fail_error : 0;
}

static void fail(const char *call, int error, unsigned every)
{
    failing = call;
    fail_error = error;
    fail_every = every;
    calls = 0;
}

static uint64_t word(uint32_t page, unsigned i)
{
    uint64_t value = ((uint64_t)page << 20 | i) * 0x9e3779b97f4a7c15u;
    return page % 2 ? value ^ value >> 29 : i % 5 ? 0 : value >> 48;
}

static void fill(void)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        for (unsigned i = 0; i < 512; i++)
            ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] = word(page, i);
    }
}

static unsigned wrong_pages(void)
{
    unsigned wrong = 0;
    for (uint32_t page = 0; page < PAGES; page++) {
        for (unsigned i = 0; i < 512; i++) {
            if (((volatile uint64_t *)(memory + (size_t)page * 4096))[i] != word(page, i)) {
                wrong++;
                break;
            }
        }
    }
    return wrong;
}

/* Calls that may fail at any time without anything being lost or seen. */
static void survivable(void)
{
    static const struct {
        const char *call;
        int error;
        unsigned every;
    } cases[] = {
        {"host_drop_pages", -ENOMEM, 3},   {"host_drop_pages", -EINVAL, 1},   {"host_uffd_protect", -ENOENT, 5},
        {"host_uffd_protect", -ENOMEM, 2}, {"host_uffd_copy", -EAGAIN, 2},    {"host_uffd_copy", -ENOMEM, 3},
        {"host_uffd_zero", -EAGAIN, 2},    {"host_aio_write", -EIO, 2},       {"host_aio_next", -EIO, 2},
        {"host_aio_next", -ENOSPC, 3},     {"host_file_reserve", -ENOSPC, 1}, {"host_file_read", -EINTR, 7},
        {"host_table_drop", -ENOMEM, 2},   {"host_resident", -ENOMEM, 1},     {"host_write_protected", -ENOMEM, 3},
        {"protect", -ENOMEM, 3},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        fail(cases[i].call, cases[i].error, cases[i].every);
        if (cases[i].every > 1)
            fill();
        else
            for (uint32_t page = 0; page < PAGES; page += 3)
                *(volatile uint64_t *)(memory + (size_t)page * 4096) = word(page, 0);
        unsigned wrong = wrong_pages();
        fail(NULL, 0, 1);
        if (wrong)
            fprintf(stderr, "%s failing with %d: %u pages are wrong\n", cases[i].call, cases[i].error, wrong);
        CHECK_EQ(wrong, 0);
        const char *bad = pager_validate();
        if (bad)
            fprintf(stderr, "%s failing with %d: %s\n", cases[i].call, cases[i].error, bad);
        CHECK(bad == NULL);
    }
}

static uintptr_t page_in_file(void)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        struct pager_page info;
        pager_get_page((uintptr_t)memory + (size_t)page * 4096, &info);
        if (info.state == PAGER_PAGE_FILE)
            return (uintptr_t)memory + (size_t)page * 4096;
    }
    return 0;
}

/* The page cannot be read now: an error, and it comes back when the disk does. */
static void unreadable(void)
{
    struct pager_statistics s;
    CHECK_EQ(pager_set_budget(8 << 20), 0); /* the disk is back: so is the budget */
    pager_get_statistics(&s);
    CHECK_EQ(s.over_budget, 0);
    CHECK_EQ(wrong_pages(), 0);
    uintptr_t address = page_in_file();
    REQUIRE(address != 0);
    fail("host_file_read", -EIO, 1);
    CHECK_EQ(pager_fault(address, PAGER_READ), -EIO);
    fail(NULL, 0, 1);
    CHECK_EQ(pager_fault(address, PAGER_READ), 0);
    CHECK_EQ(wrong_pages(), 0);
}

/* A slot whose bytes changed behind us is noticed. */
static void corrupted(void)
{
    struct pager_page info;
    uintptr_t address = page_in_file();
    REQUIRE(address != 0);
    pager_get_page(address, &info);
    int fd = open(file_name, O_RDWR);
    REQUIRE(fd >= 0);
    uint8_t byte;
    off_t at = (off_t)(info.file_offset + info.length / 2);
    CHECK(pread(fd, &byte, 1, at) == 1);
    byte ^= 0x40;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
    CHECK_EQ(pager_fault(address, PAGER_READ), -EIO);
    byte ^= 0x40;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
    CHECK_EQ(pager_fault(address, PAGER_READ), 0);
    struct stat info_of_file;
    CHECK(fstat(fd, &info_of_file) == 0);
    address = page_in_file();
    CHECK(ftruncate(fd, 0) == 0);
    CHECK_EQ(pager_fault(address, PAGER_READ), -EIO); /* a short read */
    close(fd);
}

int main(void)
{
    int file = open("/tmp", O_TMPFILE | O_RDWR, 0600); /* nothing is left of it, however this ends */
    REQUIRE(file >= 0);
    snprintf(file_name, sizeof(file_name), "/proc/self/fd/%d", file);
    exception_start();
    host_option_set(OPTION_RAM, "8M");
    host_option_set(OPTION_PAGEFILE, file_name);
    host_option_set(OPTION_PAGEFILE_MAX, "64M");
    size_t size = (size_t)PAGES * 4096;
    host_gate = gate;
    no_mechanism = true;
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    CHECK(!pager_on); /* refused: the program runs unpaged */
    void *more = NULL;
    no_mechanism = false;
    size = 65536;
    REQUIRE(mm_allocate(&more, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (!pager_on)
        SKIP("no paging here");
    fill();
    CHECK_EQ(wrong_pages(), 0);
    survivable();
    unreadable();
    corrupted();
    return CHECK_DONE();
}
