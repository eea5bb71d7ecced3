/* start.c: before the program's main: the fault mode of `winmem run`, and the summary at its end. A handler thread
 * serves system calls on absent pages too, so it is the choice where the machine allows it. Calls pager and mm. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/descriptor.h"
#include "host/options.h"
#include "host/proc.h"
#include "mm/mm.h"
#include "pager/pager.h"
#include "preload/dispatch.h"

/* Looked at by pager_turn_on: paging waits until the mode is chosen. */
__attribute__((visibility("default"))) bool pager_run_chooses = true;

static void choose_mode(void)
{
    const char *faults = host_option_text(OPTION_FAULTS);
    bool signals = strcmp(faults, "signal") == 0 || strcmp(faults, "protection") == 0;
    int error = signals ? -EINVAL : pager_use_thread();
    if (error && strcmp(faults, "thread") == 0)
        fprintf(stderr, "winmem run: no thread may resolve faults here (%s): the signal mode is used\n",
                strerror(-error));
    if (error && !dispatch_start())
        fprintf(stderr, "winmem run: this kernel has no system call dispatch: calls on memory that is paged out may "
                        "fail with EFAULT\n");
}

/* Takes our libraries out of a list of preloaded ones, in place. */
static void without_ours(char *list)
{
    static const char *const names[] = {"libwinmem-run.so", "libwinmem-malloc.so"};
    char *to = list;
    for (const char *from = list; *from;) {
        size_t length = strcspn(from, ": ");
        bool ours = length == 0;
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
            const char *found = strstr(from, names[i]);
            ours |= found && found < from + length;
        }
        if (!ours) {
            if (to != list)
                *to++ = ':';
            memmove(to, from, length);
            to += length;
        }
        from += length + (from[length] != 0);
    }
    *to = 0;
}

/* With `free` a program that this one executes is as it would be without winmem: what `winmem run` put into the
 * environment goes, once it is read. Not by setenv: a shell has one of its own, which does not work yet. */
static void free_children(void)
{
    static const char preload[] = "LD_PRELOAD=";
    char **to = environ;
    host_options_freeze();
    for (char **from = environ; *from; from++) {
        if (strncmp(*from, preload, sizeof(preload) - 1) == 0) {
            without_ours(*from + sizeof(preload) - 1);
            if (!(*from)[sizeof(preload) - 1])
                continue;
        } else if (strncmp(*from, "WINMEM_", 7) == 0) {
            continue;
        }
        *to++ = *from;
    }
    *to = NULL;
}

#define OVERHEAD 2048u /* pages of libraries and of winmem itself */

static int summary_to = -1; /* many programs close the standard error stream at their end */
static pid_t first;         /* the process that `winmem run` started, or that was started without it */

__attribute__((constructor)) static void start(void)
{
    static const char first_name[] = "WINMEM_RUN_FIRST";
    const char *number = host_environment(first_name, sizeof(first_name) - 1);
    first = number ? (pid_t)strtol(number, NULL, 10) : getpid();
    if (host_option_number(OPTION_STATS))
        summary_to = host_descriptor_keep(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    if (environ && strcmp(host_option_text(OPTION_CHILDREN), "free") == 0)
        free_children();
    if (host_option_number(OPTION_RAM))
        choose_mode();
    pager_run_chooses = false;
    (void)mm_start_paging();
}

static unsigned long long mib(uint64_t pages)
{
    return (unsigned long long)(pages / 256);
}

/* Private memory of the process, in pages: what the kernel counts as anonymous. 0: not known. */
static uint64_t private_pages(void)
{
    char text[2048];
    if (host_read_text("/proc/self/smaps_rollup", text, sizeof(text)) <= 0)
        return 0;
    const char *line = strstr(text, "\nAnonymous:");
    return line ? strtoull(line + sizeof("\nAnonymous:") - 1, NULL, 10) / 4 : 0;
}

/* What the program has mapped past us, in pages, where that is worth a word: stacks, private pages of files, a
 * runtime's own system calls. */
static uint64_t unserved_pages(const struct pager_statistics *s)
{
    uint64_t all = private_pages(), served = s->on ? s->resident + s->modified + s->tables + s->beside : s->commit;
    uint64_t unserved = all > served + OVERHEAD ? all - served - OVERHEAD : 0;
    return unserved > s->budget / 8 ? unserved : 0;
}

__attribute__((destructor)) static void summary(void)
{
    struct pager_statistics s;
    if (summary_to < 0)
        return;
    pager_get_statistics(&s);
    uint64_t unserved = unserved_pages(&s);
    if (!s.on && !s.start_error && !unserved && getpid() != first)
        return; /* a shell script has many children that need no word */
    dprintf(summary_to, "winmem: %s (%d): commit %llu MiB, peak %llu, limit %llu%s%s\n", program_invocation_short_name,
            (int)getpid(), mib(s.commit), mib(s.commit_peak), mib(s.commit_limit),
            s.on ? "" : "; within the budget, nothing was paged", s.start_error ? " (paging could not start)" : "");
    if (unserved)
        dprintf(summary_to,
                "winmem: %llu MiB of private memory are not under the budget: thread stacks, private pages of "
                "files, or mapped by the program's own system calls\n",
                mib(unserved));
    if (!s.on)
        return;
    dprintf(summary_to,
            "winmem: budget %llu MiB = resident %llu + store %llu + tables %llu + free %llu + not paged %llu; faults "
            "by %s\n",
            mib(s.budget), mib(s.resident), mib(s.modified), mib(s.tables), mib(s.zeroed), mib(s.unpaged + s.beside),
            s.thread_mode     ? "a thread"
            : s.by_protection ? "signal, by protection (no userfaultfd)"
                              : "signal");
    if (s.over_budget)
        dprintf(summary_to, "winmem: over the budget by %llu MiB, which cannot be paged\n", mib(s.over_budget + 255));
    dprintf(summary_to, "winmem: faults %llu: zero %llu, soft %llu, hard %llu; read ahead %llu; in-page errors %llu\n",
            (unsigned long long)s.faults, (unsigned long long)s.demand_zero, (unsigned long long)s.soft,
            (unsigned long long)s.hard, (unsigned long long)s.read_ahead, (unsigned long long)s.in_page_errors);
    dprintf(summary_to,
            "winmem: evicted %llu (%llu ahead of faults): clean %llu, zero %llu, encoded %llu (%llu%% of their size)\n",
            (unsigned long long)s.evicted, (unsigned long long)s.ahead, (unsigned long long)s.evicted_clean,
            (unsigned long long)s.evicted_zero, (unsigned long long)s.encoded,
            (unsigned long long)(s.bytes_in ? s.bytes_out * 100 / s.bytes_in : 0));
    dprintf(summary_to, "winmem: %llu batches, %llu taken back; store: %llu MiB in use, %llu blobs moved\n",
            (unsigned long long)s.batches, (unsigned long long)s.taken_back, mib(s.store_live >> 12),
            (unsigned long long)s.moved);
    dprintf(summary_to, "winmem: paging file %s: %llu MiB, peak %llu; %llu reads, %llu writes\n", pager_file_name(),
            (unsigned long long)(s.file_in_use >> 20), (unsigned long long)(s.file_peak >> 20),
            (unsigned long long)s.file_reads, (unsigned long long)s.file_writes);
}
