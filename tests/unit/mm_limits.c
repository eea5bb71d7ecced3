/* The kernel's limits: the table of mappings full, no address space left, a foreign mapping in the arena, and a fork.
 * Every call that fails leaves everything as it was, and what can still work does. */
#include "check.h"
#include "mm/space.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

static MEMORY_BASIC_INFORMATION query(const void *at)
{
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(mm_query(at, &mbi) == STATUS_SUCCESS);
    return mbi;
}

static char *allocate(size_t size, ULONG type, ULONG protect)
{
    void *base = NULL;
    return NT_SUCCESS(mm_allocate(&base, &size, type, protect, NULL)) ? base : NULL;
}

static void release(void *base)
{
    size_t size = 0;
    CHECK_EQ(mm_free(&base, &size, MEM_RELEASE), STATUS_SUCCESS);
}

/* Every other page read-only until the kernel has no mapping left. */
static void full_table(void)
{
    const size_t size = 200000 * PAGE;
    char *p = allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    size_t at = 0;
    NTSTATUS status = STATUS_SUCCESS;
    for (; at < size && NT_SUCCESS(status); at += 2 * PAGE) {
        void *base = p + at;
        size_t one = PAGE;
        ULONG old;
        status = mm_protect(&base, &one, PAGE_READONLY, &old);
    }
    if (NT_SUCCESS(status)) { /* no limit here that a test could reach */
        release(p);
        return;
    }
    CHECK_EQ(status, (NTSTATUS)STATUS_NO_MEMORY);
    at -= 2 * PAGE;
    CHECK_EQ(query(p + at).Protect, PAGE_READWRITE);
    p[at] = 1;
    CHECK(space_validate() == NULL);
    void *base = p + at; /* a decommit in the middle needs a mapping too: it fails, or it is done */
    size_t one = PAGE;
    status = mm_free(&base, &one, MEM_DECOMMIT);
    CHECK(NT_SUCCESS(status) ? query(p + at).State == MEM_RESERVE : p[at] == 1 && query(p + at).State == MEM_COMMIT);
    void *inside = p + 20 * PAGE;
    one = 3 * PAGE; /* one kind of protection for three pages frees mappings */
    ULONG old;
    CHECK_EQ(mm_protect(&inside, &one, PAGE_READONLY, &old), STATUS_SUCCESS);
    struct mm_fault guard = {.address = (uintptr_t)p, .operation = 1};
    CHECK_EQ(mm_fault(&guard), MM_FAULT_RAISE);
    CHECK(space_validate() == NULL);
    release(p);
    CHECK_EQ(query(p).State, MEM_FREE);
    char *again = allocate(65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(again != NULL);
    release(again);
}

static void no_address_space(void)
{
#ifdef __SANITIZE_ADDRESS__
    return; /* the sanitizer's shadow alone is larger than any such limit */
#endif
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child > 0) {
        int status = 0;
        waitpid(child, &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        return;
    }
    struct rlimit limit = {.rlim_cur = 256u << 20, .rlim_max = 256u << 20};
    setrlimit(RLIMIT_AS, &limit);
    char *p = allocate(4ull << 30, MEM_RESERVE, PAGE_READWRITE); /* a reservation takes none */
    CHECK(mm_state.arena.held || p != NULL);
    if (p) {
        void *base = p;
        size_t size = 1ull << 30;
        CHECK(!NT_SUCCESS(mm_allocate(&base, &size, MEM_COMMIT, PAGE_READWRITE, NULL)));
        CHECK_EQ(query(p).State, MEM_RESERVE);
        CHECK_EQ(query(p).RegionSize, 4ull << 30);
        base = p;
        size = 1u << 20;
        CHECK_EQ(mm_allocate(&base, &size, MEM_COMMIT, PAGE_READWRITE, NULL), STATUS_SUCCESS);
        memset(p, 1, 1u << 20);
        release(p);
    }
    CHECK(space_validate() == NULL);
    _exit(check_failures != 0);
}

/* Somebody maps over what looks free: the place is passed over. */
static void squatter(void)
{
    if (mm_state.arena.held)
        return;
    char *p = allocate(65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    release(p);
    void *taken = mmap(p, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    REQUIRE(taken == p);
    memset(taken, 5, 65536);
    char *q = allocate(65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(q && q != p && p[0] == 5);
    CHECK_EQ(query(p).State, MEM_COMMIT);
    void *base = q + 65536;
    size_t size = 65536;
    REQUIRE(mmap(base, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == base);
    CHECK_EQ(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL), STATUS_CONFLICTING_ADDRESSES);
    munmap(q + 65536, 65536);
    release(q);
}

/* The child has everything, and can go on by itself. */
static void forked(void)
{
    char *p = allocate(1u << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    memset(p, 3, 1u << 20);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        CHECK(p[0] == 3 && p[(1u << 20) - 1] == 3);
        p[0] = 4;
        release(p);
        char *q = allocate(65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        CHECK(q != NULL);
        CHECK(space_validate() == NULL);
        _exit(check_failures != 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_EQ(p[0], 3);
    release(p);
}

int main(void)
{
    mm_start();
    squatter();
    forked();
    no_address_space();
    full_table();
    return CHECK_DONE();
}
