/* pager_crowded.c: paging where userfaultfd is refused by a seccomp filter, as in many containers, and more borders
 * between pages that are there and pages that are not than the kernel allows mappings. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/gate.h"
#include "host/options.h"
#include "host/proc.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 65536u /* 256 MiB, of which every other page is used; 65530 mappings are usual */

static uint8_t *memory;

/* The call and the device's ioctl are refused; the others pass. */
static void refuse_userfaultfd(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_userfaultfd, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xAA00, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp filters here");
}

static volatile uint64_t *word_of(uint32_t page)
{
    return (volatile uint64_t *)(memory + (size_t)page * 4096 + page % 500 * 8);
}

/* Far apart, so that nothing is read ahead. */
static uint32_t nth(uint32_t i)
{
    return (uint32_t)((uint64_t)i * 40503 % (PAGES / 2)) * 2;
}

static int refuse_all(const char *call)
{
    return strcmp(call, "host_uffd_open") == 0 || strcmp(call, "host_write_protected") == 0 ? -EPERM : 0;
}

static size_t address_space(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    REQUIRE(file && fscanf(file, "%zu", &pages) == 1);
    fclose(file);
    return pages * 4096;
}

/* Where nothing lets us page, each commit beyond the budget finds that out; it takes no tables for it. */
static int unpaged(void)
{
    size_t before = 0;
    host_gate = refuse_all;
    for (unsigned i = 0; i < 300; i++) {
        void *base = NULL;
        size_t size = 1 << 20;
        REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
        before = i == 200 ? address_space() : before;
    }
    CHECK(!pager_on);
    CHECK(address_space() < before + ((size_t)1 << 30));
    return CHECK_DONE();
}

int main(void)
{
    int status = -1;
    refuse_userfaultfd();
    exception_start();
    host_option_set(OPTION_RAM, "192M");
    host_option_set(OPTION_PAGEFILE, "2G");
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        _exit(unpaged());
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    size_t size = (size_t)PAGES * 4096, most = 0, limit = host_mapping_limit();
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (!pager_on)
        SKIP("no paging here");
    CHECK(pager_by_protection);
    for (uint32_t i = 0; i < PAGES / 2; i++) {
        *word_of(nth(i)) = nth(i) + 1;
        if (i % 4096 == 0) {
            size_t now = host_mapping_count();
            most = now > most ? now : most;
        }
    }
    unsigned wrong = 0;
    for (uint32_t i = 0; i < PAGES / 2; i++)
        wrong += *word_of(nth(i)) != nth(i) + 1;
    CHECK_EQ(wrong, 0);
    CHECK(most < limit / 10 * 9); /* the program's own find room, too */
    CHECK(limit > 70000 || most > limit / 2);
    struct pager_statistics s;
    pager_get_statistics(&s);
    CHECK_EQ(s.in_page_errors, 0);
    CHECK(pager_validate() == NULL);
    printf("%zu mappings of %zu at most; resident %lu\n", most, limit, s.resident);
    return CHECK_DONE();
}
