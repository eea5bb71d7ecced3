/* launchhold.c: does a program have the library? It says so in its own file (the library's name, or, linked in, the
 * variable by which the library finds its block), or is given it by LD_PRELOAD. One that has it by way of another
 * library is not recognised: it is stopped from outside like the rest. */
#include "base/launch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)
#define OVERLAP ((size_t)32)

static bool names_library(const char *text, size_t size)
{
    return memmem(text, size, "libwinmem", 9) || memmem(text, size, "WINMEM_PROCESS", 14);
}

bool launch_holds_itself(const char *program, char *const *environment)
{
    for (; *environment; environment++)
        if (strncmp(*environment, "LD_PRELOAD=", 11) == 0 && strstr(*environment, "winmem"))
            return true;
    int file = open(program, O_RDONLY | O_CLOEXEC);
    char *piece = file < 0 ? NULL : malloc(PIECE + OVERLAP);
    bool found = false;
    size_t kept = 0;
    for (ssize_t got = 1; piece && got > 0 && !found;) {
        got = read(file, piece + kept, PIECE);
        size_t size = got > 0 ? kept + (size_t)got : 0;
        found = names_library(piece, size);
        kept = size < OVERLAP ? size : OVERLAP;
        memmove(piece, piece + size - kept, kept);
    }
    free(piece);
    if (file >= 0)
        close(file);
    return found;
}
