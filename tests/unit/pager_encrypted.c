/* pager_encrypted.c: with WINMEM_PAGEFILE_ENCRYPT nothing of the program can be read in the paging file, and all of it
 * comes back. */
/* test traits: protection */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/cipher.h"
#include "pager/pager.h"

#define PAGES 6144u

int main(void)
{
    static const char mark[] = "a secret that must not be on the disk";
    static char bytes[1 << 20];
    char name[64];
    uint8_t *memory = NULL;
    size_t size = (size_t)PAGES * 4096;
    struct pager_statistics s;
    snprintf(name, sizeof(name), "/tmp/winmem-encrypted-%d", (int)getpid());
    exception_start();
    host_option_set(OPTION_RAM, "8M");
    host_option_set(OPTION_PAGEFILE, name);
    host_option_set(OPTION_PAGEFILE_MAX, "64M");
    host_option_set(OPTION_PAGEFILE_ENCRYPT, "1");
    cipher_load();
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (!pager_on)
        SKIP("no userfaultfd here");
    uint64_t seed = 88172645463325252u;
    for (unsigned page = 0; page < PAGES; page++) {
        for (unsigned i = 8; i < 512; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] = seed;
        }
        memcpy(memory + (size_t)page * 4096, mark, sizeof(mark));
    }
    pager_get_statistics(&s);
    if (s.file_last_error == -95)
        SKIP("built without libsodium");
    CHECK(s.file_writes > 0);
    int fd = open(name, O_RDONLY);
    REQUIRE(fd >= 0);
    ssize_t got;
    unsigned found = 0;
    while ((got = read(fd, bytes, sizeof(bytes))) > 0)
        found += memmem(bytes, (size_t)got, mark, sizeof(mark)) != NULL;
    CHECK_EQ(found, 0);
    close(fd);
    seed = 88172645463325252u;
    unsigned wrong = 0;
    for (unsigned page = 0; page < PAGES; page++) {
        wrong += memcmp(memory + (size_t)page * 4096, mark, sizeof(mark)) != 0;
        for (unsigned i = 8; i < 512; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            wrong += ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] != seed;
        }
    }
    CHECK_EQ(wrong, 0);
    CHECK(pager_validate() == NULL);
    pager_get_statistics(&s);
    CHECK(s.file_reads > 0);
    unlink(name);
    return CHECK_DONE();
}
