/* main.c: picks the subcommand of the winmem tool and prints the help. It knows nothing of what they do. */
#include "command.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *help;
    command_function *run;
} commands[] = {
    {"run", "run a Linux program with its memory on winmem, inside a RAM budget", command_run},
    {"doctor", "what this machine offers, which mode the pager uses, and what would make it better", command_doctor},
    {"job", "the jobs of this user: list, show, change: winmem job [NAME [ram|limit SIZE]]", command_job},
    {"options", "every option: value, default, where the value comes from", command_options},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void usage(FILE *out)
{
    fprintf(out, "usage: winmem COMMAND [ARGUMENTS]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
    fprintf(out, "\nwinmem COMMAND --help says more. winmem --version prints the version.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("winmem %s\n", WINMEM_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "winmem: there is no command '%s'\n\n", argv[1]);
    usage(stderr);
    return 2;
}
