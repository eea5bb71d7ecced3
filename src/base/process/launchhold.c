/* launchhold.c: does a program have the library? It says so in its own file (the library's name, or, linked in, the
 * variable by which the library finds its block), or is given it by LD_PRELOAD. One that has it by way of another
 * library is not recognised: it is stopped from outside like the rest. */
#include "base/process/launch.h"

#include <string.h>

bool launch_holds_itself(const char *program, char *const *environment)
{
    for (; *environment; environment++)
        if (strncmp(*environment, "LD_PRELOAD=", 11) == 0 && strstr(*environment, "winmem"))
            return true;
    return host_program_has_library(program);
}
