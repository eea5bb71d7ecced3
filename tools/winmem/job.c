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

static const char *kib(uint64_t bytes, char text[32])
{
    if (bytes == 0)
        return "none";
    snprintf(text, 32, "%llu KiB", (unsigned long long)bytes >> 10);
    return text;
}

static int show(const char *name, bool full)
{
    struct ob_object *job;
    int pids[PS_JOB_MEMBERS];
    HANDLE handle = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, name);
    if (!handle || !NT_SUCCESS(ob_lookup(handle, ps_job_class.type, 0, &job, NULL)))
        return 1;
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    unsigned count = ps_job_members(job, pids, PS_JOB_MEMBERS);
    char ram[32], limit[32];
    printf("%-24s %3u processes  %8llu KiB committed  ram %s  limit %s  peak %llu KiB\n", name, count,
           (unsigned long long)ps_job_charge(job) * 4, kib(ledger->ram, ram), kib(ledger->job_memory, limit),
           (unsigned long long)ledger->peak_job >> 10);
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

/* The file's name without its mark, %xx as the byte that it stands for. Very long names end in their hash and cannot be
 * told: those jobs are shown by their name only. */
static bool list_one(void *context, const char *file)
{
    char name[256];
    size_t length = 0;
    unsigned byte;
    (void)context;
    for (const char *in = file + 2; *in && length < sizeof(name) - 1; in++) {
        bool escape = *in == '%' && sscanf(in + 1, "%2x", &byte) == 1;
        name[length++] = (char)(escape ? byte : (unsigned char)*in);
        in += escape ? 2 : 0;
    }
    name[length] = 0;
    show(name, false);
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
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        puts("usage: winmem job [NAME [ram|limit SIZE]]\n\nAlone it lists the jobs of this user; with a name it shows "
             "the "
             "job and its processes;\nwith ram or limit it sets the RAM budget that they share, or their commit limit "
             "(0: none).");
        return 0;
    }
    if (argc == 1)
        return host_life_each("n_", list_one, NULL) == 0 ? 0 : 1;
    if (argc == 4)
        return change(argv[1], argv[2], argv[3]);
    if (argc != 2 || show(argv[1], true) != 0) {
        fprintf(stderr, argc == 2 ? "winmem: no job of that name\n" : "usage: winmem job [NAME [ram|limit SIZE]]\n");
        return argc == 2 ? 1 : 2;
    }
    return 0;
}
