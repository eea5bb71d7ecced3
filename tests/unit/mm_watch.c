/* Write watch where the kernel keeps no record: pages are armed and opened by their first write. The faults are played
 * to mm_fault directly. */
#include "check.h"
#include "host/gate.h"
#include "mm/discard.h"
#include "mm/space.h"
#include "mm/writewatch.h"

#include <errno.h>
#include <string.h>

#define PAGE 4096ul

static int no_watch(const char *call)
{
    return strcmp(call, "watch_start") == 0 ? -ENOSYS : 0;
}

static void *written[64];

static size_t count_written(void *base, size_t size, bool reset)
{
    size_t count = 64;
    CHECK_EQ(mm_get_write_watch(base, size, reset, written, &count), STATUS_SUCCESS);
    return count;
}

/* What the signal handler would do, then the access again. */
static void write_to(char *at)
{
    struct mm_fault fault = {.address = (uintptr_t)at, .operation = 1};
    CHECK_EQ(mm_fault(&fault), MM_FAULT_RESOLVED);
    *(volatile char *)at = 1;
}

static int no_pages(const char *call)
{
    return strcmp(call, "pages_map") == 0 ? -ENOMEM : 0;
}

static int no_reset(const char *call)
{
    return strcmp(call, "watch_reset") == 0 ? -ENOMEM : 0;
}

/* Where a mark cannot be kept nothing is lost; nor by a reset that the kernel refuses. */
static void no_room(void)
{
    void *base = NULL, *lost;
    size_t size = 32 * PAGE, page = PAGE, whole = 0;
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE, NULL) ==
            STATUS_SUCCESS);
    char *p = base;
    p[3 * PAGE] = 7;
    lost = p + 3 * PAGE;
    host_gate = no_pages;
    CHECK_EQ(mm_free(&lost, &page, MEM_DECOMMIT), (NTSTATUS)STATUS_NO_MEMORY);
    CHECK_EQ(mm_discard(lost, page), (NTSTATUS)STATUS_NO_MEMORY);
    CHECK_EQ(p[3 * PAGE], 7);
    CHECK_EQ(count_written(p, size, false), 1);
    host_gate = NULL;
    CHECK_EQ(mm_free(&lost, &page, MEM_DECOMMIT), STATUS_SUCCESS);
    CHECK_EQ(count_written(p, size, false), 1);
    host_gate = no_reset;
    bool refused = mm_reset_write_watch(p, size) < 0; /* not where the kernel keeps no record */
    CHECK_EQ(count_written(p, size, false), refused);
    host_gate = NULL;
    CHECK_EQ(mm_reset_write_watch(p, size), STATUS_SUCCESS);
    CHECK_EQ(count_written(p, size, false), 0);
    CHECK_EQ(mm_free(&base, &whole, MEM_RELEASE), STATUS_SUCCESS);
}

/* Nor is there a mark to be kept of what is released as a whole. */
static void no_room_for_placeholder(void)
{
    void *base = NULL;
    size_t size = 32 * PAGE, whole = 0;
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL) == STATUS_SUCCESS);
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER | MEM_WRITE_WATCH,
                        PAGE_READWRITE, NULL) == STATUS_SUCCESS);
    *(char *)base = 1;
    host_gate = no_pages;
    CHECK_EQ(mm_free(&base, &size, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER), STATUS_SUCCESS);
    host_gate = NULL;
    CHECK(space_validate() == NULL);
    CHECK_EQ(mm_free(&base, &whole, MEM_RELEASE), STATUS_SUCCESS);
}

int main(void)
{
    no_room();
    no_room_for_placeholder();
    void *base = NULL;
    size_t size = 32 * PAGE;
    ULONG old;
    mm_start();
    host_gate = no_watch;
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE, NULL) ==
            STATUS_SUCCESS);
    host_gate = NULL;
    char *p = base;
    CHECK_EQ(p[3 * PAGE], 0); /* readable */
    CHECK_EQ(count_written(p, size, false), 0);
    write_to(p + 7 * PAGE);
    write_to(p + 3 * PAGE + 5);
    CHECK_EQ(count_written(p, size, false), 2);
    CHECK(written[0] == p + 3 * PAGE && written[1] == p + 7 * PAGE);
    void *range = p;
    CHECK_EQ(mm_protect(&range, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
    CHECK_EQ(old, PAGE_READWRITE);
    struct mm_fault refused = {.address = (uintptr_t)p, .operation = 1};
    CHECK_EQ(mm_fault(&refused), MM_FAULT_RAISE);
    CHECK_EQ(mm_protect(&range, &size, PAGE_READWRITE, &old), STATUS_SUCCESS);
    CHECK_EQ(count_written(p, size, true), 2);
    CHECK_EQ(count_written(p, size, false), 0);
    write_to(p + 7 * PAGE);
    CHECK_EQ(count_written(p, size, false), 1);
    CHECK_EQ(mm_reset_write_watch(p, size), STATUS_SUCCESS);
    CHECK_EQ(count_written(p, size, false), 0);
    write_to(p + 7 * PAGE);
    write_to(p + 8 * PAGE);
    void *lost = p + 8 * PAGE;
    size_t page = PAGE;
    CHECK_EQ(mm_free(&lost, &page, MEM_DECOMMIT), STATUS_SUCCESS); /* still written since the reset */
    CHECK_EQ(mm_allocate(&lost, &page, MEM_COMMIT, PAGE_READWRITE, NULL), STATUS_SUCCESS);
    CHECK_EQ(count_written(p, size, false), 2);
    CHECK_EQ(count_written(p + 8 * PAGE, PAGE, true), 1);
    CHECK_EQ(count_written(p, size, false), 1);
    write_to(p + 8 * PAGE); /* armed again */
    CHECK_EQ(count_written(p, size, true), 2);
    CHECK_EQ(count_written(p, size, false), 0);
    CHECK(space_validate() == NULL);
    size = 0;
    CHECK_EQ(mm_free(&base, &size, MEM_RELEASE), STATUS_SUCCESS);
    return CHECK_DONE();
}
