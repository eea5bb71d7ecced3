/* command.h: what a subcommand of the winmem tool is. One file a subcommand; main.c has the table. */
#ifndef WINMEM_TOOLS_COMMAND_H
#define WINMEM_TOOLS_COMMAND_H

/* Runs the subcommand; argv[0] is its name. Returns the exit status: 0 good, 1 failed, 2 wrong usage. */
typedef int command_function(int argc, char **argv);

command_function command_doctor;
command_function command_job;
command_function command_options;
command_function command_run;

#endif
