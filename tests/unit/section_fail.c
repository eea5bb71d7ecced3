/* section_fail.c: every host call of making, mapping and changing a section fails once: the call reports it, and
 * nothing is left behind: handles, sections, descriptors, commit, the run map. */
#include <windows.h>

#include <dirent.h>
#include <errno.h>

#include "check.h"
#include "host/gate.h"
#include "mm/section.h"
#include "mm/space.h"
#include "ob/ob.h"
#include "pager/pager.h"

static int countdown, calls;

static int fail_nth(const char *call)
{
    (void)call;
    calls++;
    return --countdown == 0 ? -ENOMEM : 0;
}

static int descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

struct ledger {
    unsigned long handles, sections;
    int descriptors;
    size_t commit;
};

static struct ledger ledger(void)
{
    struct pager_commit commit;
    pager_get_commit(&commit);
    return (struct ledger){ob_handle_count(), mm_section_count(), descriptors(), commit.total};
}

/* One whole life of a section; everything that was made is undone, also after a failure in between. */
static BOOL life(DWORD flags)
{
    DWORD old;
    BOOL good = FALSE;
    MEMORY_BASIC_INFORMATION information;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | flags, 0, 0x40000, NULL);
    if (!section)
        return FALSE;
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *copy = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    if (view && copy && VirtualAlloc(view + 0x3000, 0x5000, MEM_COMMIT, PAGE_READWRITE)) {
        view[0x3000] = 1;
        good = VirtualQuery(copy, &information, sizeof(information)) != 0 &&
               VirtualProtect(view + 0x4000, 0x1000, PAGE_READONLY, &old) &&
               VirtualProtect(view + 0x5000, 0x1000, PAGE_WRITECOPY, &old) && FlushViewOfFile(view, 0);
    }
    countdown = 0; /* the end itself must not fail here: what could not be unmapped would rightly stay */
    if (view)
        CHECK(UnmapViewOfFile(view));
    if (copy)
        CHECK(UnmapViewOfFile(copy));
    CHECK(CloseHandle(section));
    return good;
}

static void fail_each(DWORD flags)
{
    CHECK(life(flags)); /* pools are warm afterwards */
    struct ledger before = ledger();
    BOOL done = FALSE;
    for (int n = 1; n < 200 && !done; n++) {
        countdown = n;
        calls = 0;
        host_gate = fail_nth;
        SetLastError(0xdeadbeef);
        done = life(flags);
        host_gate = NULL;
        bool reached = calls >= n;
        if (!done)
            CHECK(GetLastError() != 0xdeadbeef && GetLastError() != 0);
        done = done && !reached;
        struct ledger after = ledger();
        CHECK_EQ(after.handles, before.handles);
        CHECK_EQ(after.sections, before.sections);
        CHECK_EQ(after.descriptors, before.descriptors);
        CHECK_EQ(after.commit, before.commit);
        const char *wrong = space_validate();
        if (wrong)
            fprintf(stderr, "call %d: %s\n", n, wrong);
        CHECK(wrong == NULL);
    }
    CHECK(done);
}

/* An unmap that the kernel refuses leaves the view as it was. */
static void failing_unmap(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view);
    countdown = 1;
    host_gate = fail_nth;
    BOOL unmapped = UnmapViewOfFile(view);
    host_gate = NULL;
    CHECK(!unmapped);
    view[0] = 1;
    CHECK(UnmapViewOfFile(view));
    CHECK(CloseHandle(section));
}

/* Protections that the kernel refuses halfway: the pages that were made copy-on-write before are shared again. */
static void failing_protect(void)
{
    DWORD old;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    const char *other = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view && other);
    CHECK(VirtualProtect(view + 0x3000, 0x1000, PAGE_READONLY, &old)); /* three mappings: several calls */
    BOOL done = FALSE;
    for (int n = 1; n < 20 && !done; n++) {
        countdown = n;
        host_gate = fail_nth;
        done = VirtualProtect(view, 0x10000, PAGE_WRITECOPY, &old);
        host_gate = NULL;
        for (int page = 0; page < 16 && !done; page++) {
            if (page == 3)
                continue;
            view[page * 0x1000] = (char)n;
            CHECK_EQ(other[page * 0x1000], n);
        }
    }
    CHECK(done);
    CHECK(UnmapViewOfFile(view));
    CHECK(UnmapViewOfFile((void *)other));
    CHECK(CloseHandle(section));
}

static void all(void)
{
    failing_protect();
    fail_each(SEC_COMMIT);
    fail_each(SEC_RESERVE);
    failing_unmap();
}

int main(void)
{
    all();
    pager_set_budget((uint64_t)4 << 20); /* and the same with sections that are paged */
    CHECK(VirtualAlloc(NULL, (SIZE_T)6 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != NULL);
    if (pager_on)
        all();
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}
