/* options.c: the options table: sizes, sources, names. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "host/options.h"
#include "pager/commit.h"
#include "pager/pager.h"

static void sizes(void)
{
    uint64_t bytes = 7;
    CHECK(host_parse_size("64M", &bytes) == 0);
    CHECK_EQ(bytes, 64u << 20);
    CHECK(host_parse_size("2GiB", &bytes) == 0);
    CHECK_EQ(bytes, 2ull << 30);
    CHECK(host_parse_size("4096", &bytes) == 0);
    CHECK_EQ(bytes, 4096);
    CHECK_EQ(host_parse_size("", &bytes), -EINVAL);
    CHECK_EQ(host_parse_size("12Q", &bytes), -EINVAL);
    CHECK_EQ(host_parse_size("64Mx", &bytes), -EINVAL);
    CHECK_EQ(host_parse_size("99999999999999999999", &bytes), -ERANGE);
    CHECK_EQ(host_parse_size("18446744073709551615K", &bytes), -ERANGE);
    CHECK_EQ(bytes, 4096);
}

static void sources(void)
{
    CHECK_EQ(host_option_find("pagefile-max"), OPTION_PAGEFILE_MAX);
    CHECK_EQ(host_option_find("RAM"), OPTION_RAM);
    CHECK_EQ(host_option_find("ramx"), -ENOENT);
    unsetenv("WINMEM_RAM");
    CHECK_EQ(host_option_source(OPTION_RAM), OPTION_BY_DEFAULT);
    setenv("WINMEM_RAM", "8M", 1);
    CHECK_EQ(host_option_number(OPTION_RAM), 8u << 20);
    CHECK_EQ(host_option_source(OPTION_RAM), OPTION_BY_ENVIRONMENT);
    setenv("WINMEM_RAM", "nonsense", 1);
    CHECK_EQ(host_option_number(OPTION_RAM), 0);
    CHECK_EQ(host_option_set(OPTION_RAM, "nonsense"), -EINVAL);
    CHECK_EQ(host_option_set(OPTION_RAM, "4M"), 0);
    CHECK_EQ(host_option_number(OPTION_RAM), 4u << 20);
    CHECK_EQ(host_option_source(OPTION_RAM), OPTION_BY_PROGRAM);
    CHECK(strcmp(host_option_text(OPTION_PAGEFILE), "auto") == 0);
}

static void commit_limit(void)
{
    struct pager_commit commit;
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "4M"), 0);
    commit_set_budget(4u << 20);
    pager_get_commit(&commit);
    CHECK_EQ(commit.limit, 2048);
    CHECK_EQ(pager_charge(1024), 0);
    CHECK(!pager_due);
    CHECK_EQ(pager_charge(1025), -ENOMEM);
    CHECK_EQ(pager_charge(SIZE_MAX), -ENOMEM);
    CHECK(!pager_due);
    CHECK_EQ(pager_charge(1024), 0);
    CHECK(pager_due);
    CHECK_EQ(pager_charge(1), -ENOMEM);
    pager_uncharge(2048);
    pager_get_commit(&commit);
    CHECK_EQ(commit.total, 0);
    CHECK_EQ(commit.peak, 2048);
}

int main(void)
{
    sizes();
    sources();
    commit_limit();
    return CHECK_DONE();
}
