/* pager_nbd.c: an NBD export as the paging file: pages come back; a server that is killed and started again is
 * waited for, one that stays away makes in-page errors, and its return ends them; so does a helper that is killed. The
 * server is nbdkit on a file, on a socket in a directory of our own. Skipped when it, or the helper, is not there. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/nbd.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define DISK_MIB 64u
#define PAGES 1536u /* 6 MiB, with a budget of 3 */

static uint8_t *memory;
static char directory[] = "/tmp/winmem-nbd-XXXXXX";
static char socket_path[64], disk_path[64];
static pid_t server;

static uint64_t word(uint32_t page, unsigned i, unsigned version)
{
    uint64_t value = ((uint64_t)page << 24 | version << 12 | i) * 0x9e3779b97f4a7c15u;
    return page % 4 ? value ^ value >> 29 : i % 5 ? 0 : value >> 48;
}

static void fill(unsigned version)
{
    for (uint32_t page = 0; page < PAGES; page++)
        for (unsigned i = 0; i < 512; i++)
            ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] = word(page, i, version);
}

static unsigned wrong_pages(unsigned version)
{
    unsigned wrong = 0;
    for (uint32_t page = 0; page < PAGES; page++) {
        bool good = true;
        for (unsigned i = 0; i < 512; i += 7)
            good &= ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] == word(page, i, version);
        wrong += !good;
    }
    return wrong;
}

static void start_server(void)
{
    unlink(socket_path);
    server = fork();
    if (server == 0) {
        execlp("nbdkit", "nbdkit", "-f", "-U", socket_path, "file", disk_path, (char *)NULL);
        _exit(77);
    }
    for (int i = 0; i < 1000 && access(socket_path, F_OK) != 0; i++)
        usleep(10000);
}

static void stop_server(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

/* A process of its own starts and stops the server: this one pages, and may be waiting for it. */
static int orders, answers;

static void supervise(int in, int out)
{
    char order;
    while (read(in, &order, 1) == 1) {
        if (order == 's') {
            start_server();
        } else {
            stop_server();
        }
        if (order == 'r') { /* answers before the server is back */
            (void)!write(out, &order, 1);
            usleep(300000);
            start_server();
        } else {
            (void)!write(out, &order, 1);
        }
    }
    stop_server(); /* the test has ended, in whatever way: nothing is left of it */
    unlink(socket_path);
    unlink(disk_path);
    rmdir(directory);
    _exit(0);
}

static void start_supervisor(void)
{
    int there[2], back[2];
    REQUIRE(pipe2(there, O_CLOEXEC) == 0 && pipe2(back, O_CLOEXEC) == 0);
    orders = there[1];
    answers = back[0];
    if (fork() == 0) {
        close(orders);
        supervise(there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
}

static void order(char what)
{
    CHECK(write(orders, &what, 1) == 1 && read(answers, &what, 1) == 1);
}

static bool has_nbdkit(void)
{
    int status = system("nbdkit --version >/dev/null 2>&1");
    return status == 0;
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

/* Killed, and started again meanwhile: nobody notices. */
static void short_outage(void)
{
    order('r');
    CHECK_EQ(wrong_pages(1), 0);
    fill(2);
    CHECK_EQ(wrong_pages(2), 0);
}

/* Gone for longer than it is waited for. */
static void long_outage(void)
{
    struct pager_statistics s;
    uintptr_t address = page_in_file();
    REQUIRE(address != 0);
    order('k');
    CHECK_EQ(pager_fault(address, PAGER_READ), -EIO);
    pager_get_statistics(&s);
    CHECK(s.in_page_errors > 0);
    order('s');
    int error = -EIO;
    for (int i = 0; i < 20 && error; i++)
        error = pager_fault(address, PAGER_READ);
    CHECK_EQ(error, 0);
    CHECK_EQ(wrong_pages(1), 0);
}

/* The process between us and the server is killed: another takes its place. */
static void no_helper(void)
{
    int before = host_nbd_helper();
    CHECK(before > 0);
    kill(before, SIGKILL);
    CHECK_EQ(wrong_pages(2), 0);
    CHECK(host_nbd_helper() != before);
    kill(host_nbd_helper(), SIGKILL);
    fill(3);
    CHECK_EQ(wrong_pages(3), 0);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD); /* it is no child of ours */
}

/* A child of fork has a connection of its own to what was paged out before. */
static void child(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        unsigned wrong = wrong_pages(3);
        fill(4);
        wrong += wrong_pages(4);
        _exit(wrong ? 1 : 0);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_EQ(wrong_pages(3), 0);
}

/* In a process of its own each time: the time that is waited for the server is set once. */
static int test(bool patient)
{
    char uri[128];
    size_t size = (size_t)PAGES * 4096;
    snprintf(uri, sizeof(uri), "nbd+unix:///?socket=%s", socket_path);
    exception_start();
    host_option_set(OPTION_RAM, "3M");
    host_option_set(OPTION_PAGEFILE, uri);
    host_option_set(OPTION_NBD_RETRY, patient ? "40" : "2");
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (mm_start_paging() != 0 || !pager_on)
        SKIP("no paging here");
    fill(1);
    struct pager_statistics s;
    pager_get_statistics(&s);
    if (s.file_last_error == -ENOENT)
        SKIP("built without libnbd");
    size_t more = (size_t)DISK_MIB << 20;
    void *place = NULL;
    CHECK(s.commit_limit > 256 * (DISK_MIB - 8) && s.commit_limit <= 256 * (DISK_MIB + 3)); /* what the export holds */
    CHECK_EQ(mm_allocate(&place, &more, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL), STATUS_COMMITMENT_LIMIT);
    CHECK_EQ(pager_set_budget(3 << 20), 0);
    pager_get_statistics(&s);
    CHECK(s.file_maximum <= DISK_MIB << 20); /* still */
    CHECK_EQ(s.file_last_error, 0);
    CHECK(s.file_writes > 0);
    CHECK_EQ(wrong_pages(1), 0);
    if (patient) {
        short_outage();
        no_helper();
        child();
    } else {
        long_outage();
    }
    const char *bad = pager_validate();
    CHECK(bad == NULL);
    return CHECK_DONE();
}

int main(void)
{
    if (!has_nbdkit())
        SKIP("no nbdkit here");
    REQUIRE(mkdtemp(directory) != NULL);
    snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
    snprintf(disk_path, sizeof(disk_path), "%s/disk", directory);
    int fd = open(disk_path, O_CREAT | O_RDWR, 0600);
    REQUIRE(fd >= 0 && ftruncate(fd, DISK_MIB << 20) == 0);
    close(fd);
    start_supervisor();
    order('s');
    int result = 77;
    for (int patient = 1; patient >= 0 && access(socket_path, F_OK) == 0; patient--) {
        pid_t pid = fork();
        if (pid == 0) {
            alarm(55);
            exit(test(patient));
        }
        int status = 0;
        CHECK(waitpid(pid, &status, 0) == pid);
        result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        if (result)
            break;
    }
    close(orders);
    CHECK(waitpid(-1, NULL, 0) > 0);
    return result;
}
