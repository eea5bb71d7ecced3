/* A plain Linux program whose mappings are served by mm under `winmem run`: cut, protected, moved, discarded, replaced
 * as POSIX allows. Run once without and once with the preload: it must behave the same. */
#include "../check.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define PAGE 4096

static char *map(size_t size, int access)
{
    char *base = mmap(NULL, size, access, ANONYMOUS, -1, 0);
    REQUIRE(base != MAP_FAILED);
    return base;
}

static void cutting(void)
{
    char *base = map(256 * PAGE, PROT_READ | PROT_WRITE);
    memset(base, 1, 256 * PAGE);
    CHECK_EQ(munmap(base, PAGE), 0);
    CHECK_EQ(munmap(base + 2 * PAGE, PAGE), 0);
    CHECK_EQ(munmap(base + 2 * PAGE, PAGE), 0); /* again: nothing there, no error */
    CHECK_EQ(base[PAGE], 1);
    CHECK_EQ(madvise(base + PAGE, PAGE, MADV_DONTNEED), 0);
    CHECK_EQ(base[PAGE], 0);
    char *moved = mremap(base + 4 * PAGE, 16 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    REQUIRE(moved != MAP_FAILED);
    CHECK(moved[0] == 1 && moved[16 * PAGE - 1] == 1 && moved[16 * PAGE] == 0);
    CHECK(mremap(moved, 64 * PAGE, 8 * PAGE, 0) == moved);
    CHECK_EQ(munmap(moved, 8 * PAGE), 0);
    CHECK_EQ(munmap(base, 256 * PAGE), 0);
}

static void reserving(void)
{
    size_t size = (size_t)1 << 32;
    char *base = mmap(NULL, size, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(base != MAP_FAILED);
    CHECK_EQ(mprotect(base + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE), 0);
    base[PAGE] = base[3 * PAGE - 1] = 1;
    CHECK(mmap(base + PAGE, PAGE, PROT_READ | PROT_WRITE, ANONYMOUS | MAP_FIXED, -1, 0) == base + PAGE);
    CHECK(base[PAGE] == 0 && base[3 * PAGE - 1] == 1);
    CHECK_EQ(mprotect(base + PAGE, PAGE, PROT_READ), 0);
    CHECK_EQ(munmap(base, size), 0);
}

/* MAP_FIXED_NOREPLACE takes what is free and nothing else; a move onto itself is refused. */
static void replacing_nothing(void)
{
    char *base = map(64 * PAGE, PROT_READ | PROT_WRITE), *hall = map(64 * PAGE, PROT_NONE);
    memset(base, 7, 64 * PAGE);
    CHECK(mmap(base + PAGE, 2 * PAGE, PROT_READ, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
          errno == EEXIST);
    CHECK(base[PAGE] == 7 && base[3 * PAGE - 1] == 7);
    CHECK(mmap(hall + PAGE, PAGE, PROT_READ, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
    FILE *file = tmpfile();
    REQUIRE(file && ftruncate(fileno(file), PAGE) == 0);
    CHECK(mmap(hall, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fileno(file), 0) == MAP_FAILED &&
          errno == EEXIST);
    fclose(file);
    CHECK(mremap(base, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, base + 4 * PAGE) == MAP_FAILED &&
          errno == EINVAL);
    CHECK(mremap(base, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, base + 9 * PAGE + 1) == MAP_FAILED &&
          errno == EINVAL);
    CHECK(base[4 * PAGE] == 7 && base[9 * PAGE] == 7);
    CHECK_EQ(munmap(base, 64 * PAGE), 0);
    CHECK(mmap(base, 16 * PAGE, PROT_READ | PROT_WRITE, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == base);
    CHECK(base[15 * PAGE] == 0);
    CHECK(munmap(base, 16 * PAGE) == 0 && munmap(hall, 64 * PAGE) == 0);
}

/* A hole of any pages is filled again: with memory, of one kind or over several, with a file. */
static void filling_holes(void)
{
    int access = PROT_READ | PROT_WRITE;
    char *base = map(64 * PAGE, access);
    memset(base, 7, 64 * PAGE);
    CHECK_EQ(munmap(base + 5 * PAGE, 3 * PAGE), 0);
    CHECK_EQ(munmap(base + 20 * PAGE, PAGE), 0);
    CHECK(mmap(base + 5 * PAGE, 2 * PAGE, access, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == base + 5 * PAGE);
    CHECK(mmap(base + 6 * PAGE, 2 * PAGE, access, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
          errno == EEXIST);
    CHECK(base[4 * PAGE] == 7 && base[5 * PAGE] == 0 && base[7 * PAGE - 1] == 0 && base[8 * PAGE] == 7);
    base[5 * PAGE] = 5;
    CHECK(mmap(base + 6 * PAGE, 16 * PAGE, access, ANONYMOUS | MAP_FIXED, -1, 0) == base + 6 * PAGE);
    CHECK(base[5 * PAGE] == 5 && base[6 * PAGE] == 0 && base[20 * PAGE] == 0 && base[22 * PAGE] == 7);
    memset(base + 6 * PAGE, 1, 16 * PAGE);
    CHECK_EQ(munmap(base + 33 * PAGE, PAGE), 0);
    FILE *file = tmpfile();
    REQUIRE(file && ftruncate(fileno(file), PAGE) == 0);
    CHECK(mmap(base + 33 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fileno(file), 0) == base + 33 * PAGE);
    fclose(file);
    CHECK(base[33 * PAGE] == 0 && base[32 * PAGE] == 7 && base[34 * PAGE] == 7);
    CHECK_EQ(munmap(base, 64 * PAGE), 0);
    CHECK(mmap(base + 3 * PAGE, PAGE, access, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == base + 3 * PAGE);
    base[3 * PAGE] = 1;
    CHECK_EQ(munmap(base + 3 * PAGE, PAGE), 0);
}

/* The kernel called by number: served by the same functions, so that what one has mapped the other may change. */
static void by_number(void)
{
    char *named = map(PAGE, PROT_READ | PROT_WRITE);
    char *base = (char *)syscall(SYS_mmap, NULL, 64 * PAGE, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0);
    REQUIRE(base != MAP_FAILED);
    if (getenv("WINMEM_RAM")) /* where the budget's memory lies, 32 to 64 TiB, nothing of the kernel's does */
        CHECK((uintptr_t)named >> 45 == 1 && (uintptr_t)base >> 45 == 1);
    memset(base, 7, 64 * PAGE);
    CHECK_EQ(syscall(SYS_madvise, base, PAGE, MADV_DONTNEED), 0);
    CHECK(base[0] == 0 && base[PAGE] == 7);
    CHECK_EQ(syscall(SYS_mprotect, base, PAGE, PROT_READ), 0);
    char *moved = (char *)syscall(SYS_mremap, base + PAGE, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE, NULL);
    REQUIRE(moved != MAP_FAILED);
    CHECK(moved[0] == 7 && moved[8 * PAGE - 1] == 7 && moved[8 * PAGE] == 0);
    CHECK_EQ(syscall(SYS_munmap, base, 64 * PAGE), 0);
    CHECK_EQ(munmap(moved, 16 * PAGE), 0);
    CHECK_EQ(munmap(named, PAGE), 0);
    errno = 0;
    CHECK(syscall(SYS_munmap, 1, PAGE) == -1 && errno == EINVAL);
    CHECK(syscall(-1L) == -1 && errno == ENOSYS);
    CHECK_EQ(syscall(SYS_getpid), getpid());
}

int main(void)
{
    by_number();
    cutting();
    replacing_nothing();
    filling_holes();
    reserving();
    CHECK(mmap(NULL, 0, PROT_READ, ANONYMOUS, -1, 0) == MAP_FAILED);
    return CHECK_DONE();
}
