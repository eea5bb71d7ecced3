/* options.c: `winmem options` lists every option with its value, default and source: the library's own table. */
#include "command.h"
#include "host/options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int command_options(int argc, char **argv)
{
    static const char *const sources[] = {"default", "environment", "program"};
    if (argc > 1) {
        bool help = !strcmp(argv[1], "--help");
        fprintf(help ? stdout : stderr, "usage: winmem options\n");
        return help ? 0 : 2;
    }
    printf("%-26s %-12s %-12s %-12s %s\n", "OPTION", "VALUE", "DEFAULT", "FROM", "WHAT IT IS");
    for (int i = 0; i < HOST_OPTION_COUNT; i++) {
        const struct host_option_row *row = host_option_row(i);
        printf("WINMEM_%-19s %-12s %-12s %-12s %s\n", row->name, host_option_text(i), row->initial,
               sources[host_option_source(i)], row->help);
    }
    return 0;
}
