/* job.c: winmem job: lists the jobs of this user, shows one, changes its limits. */
#include "command.h"

#include <windows.h>

#include <jobapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/options.h"
#include "host/runtime.h"
#include "ps/job.h"

static int show(const char *name, bool full)
{
    struct ob_object *job;
    int pids[PS_JOB_MEMBERS];
    HANDLE handle = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, name);
    if (!handle || !NT_SUCCESS(ob_lookup(handle, ps_job_class.type, 0, &job, NULL)))
        return 1;
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    unsigned count = ps_job_members(job, pids, PS_JOB_MEMBERS);
    printf("%-24s %3u processes  %8llu KiB committed  ram %llu KiB  limit %llu KiB  peak %llu KiB\n", name, count,
           (unsigned long long)ps_job_charge(job) * 4, (unsigned long long)ledger->ram >> 10,
           (unsigned long long)ledger->job_memory >> 10, (unsigned long long)ledger->peak_job >> 10);
    for (unsigned i = 0; full && i < ps_job_places(ledger); i++)
        if (ledger->member[i].pid > 0)
            printf("  %8d  %8llu KiB committed  %8llu KiB peak  %8llu KiB share  %6u brought back\n",
                   (int)ledger->member[i].pid, (unsigned long long)ledger->member[i].pages * 4,
                   (unsigned long long)ledger->member[i].peak * 4, (unsigned long long)ledger->member[i].share >> 10,
                   (unsigned)ledger->member[i].faults);
    ob_dereference(job);
    CloseHandle(handle);
    return 0;
}

static bool list_one(void *context, const char *file)
{
    (void)context;
    show(file + 2, false); /* names with escapes are shown by `winmem job NAME` */
    return true;
}

static int change(const char *name, const char *what, const char *text)
{
    uint64_t bytes;
    struct ob_object *job;
    HANDLE handle = OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, name);
    if (host_parse_size(text, &bytes) != 0 || (strcmp(what, "ram") != 0 && strcmp(what, "limit") != 0)) {
        fprintf(stderr, "winmem job NAME ram|limit SIZE\n");
        return 2;
    }
    if (!handle || !NT_SUCCESS(ob_lookup(handle, ps_job_class.type, 0, &job, NULL))) {
        fprintf(stderr, "winmem: no job named %s\n", name);
        return 1;
    }
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    if (strcmp(what, "ram") == 0) {
        atomic_store(&ledger->ram, bytes);
    } else {
        atomic_store(&ledger->job_memory, bytes);
        if (bytes)
            atomic_fetch_or(&ledger->flags, JOB_OBJECT_LIMIT_JOB_MEMORY);
        else
            atomic_fetch_and(&ledger->flags, ~(uint32_t)JOB_OBJECT_LIMIT_JOB_MEMORY);
    }
    ob_dereference(job);
    CloseHandle(handle);
    return 0;
}

int command_job(int argc, char **argv)
{
    if (argc == 1)
        return host_life_each("n_", list_one, NULL) == 0 ? 0 : 1;
    if (argc == 4)
        return change(argv[1], argv[2], argv[3]);
    if (argc != 2 || show(argv[1], true) != 0) {
        fprintf(stderr, argc == 2 ? "winmem: no job of that name\n" : "winmem job [NAME [ram|limit SIZE]]\n");
        return argc == 2 ? 1 : 2;
    }
    return 0;
}
