/* list.h: directories and texts read piece by piece, without memory of the program's (own.h says why): the lists of
 * /proc, the runtime directory, what a search goes through. */
#ifndef WINMEM_HOST_LIST_H
#define WINMEM_HOST_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "host/shared.h"

struct host_list {
    int file;
    size_t at, end;
    _Alignas(8) char buffer[2048];
};

/* Opens a directory, or takes over a descriptor of one; 0 or -errno. */
WINMEM_SHARED int host_list_open(struct host_list *list, const char *path);
void host_list_of(struct host_list *list, int file);
/* The next entry's name and, if wanted, its type as of readdir, "." and ".." among them; NULL after the last. The name
 * is good till the next call. */
WINMEM_SHARED const char *host_list_next(struct host_list *list, unsigned char *type);
/* The next name that is a number: a process' or a thread's id; 0 after the last. */
WINMEM_SHARED int host_list_next_number(struct host_list *list);
WINMEM_SHARED void host_list_close(struct host_list *list);

struct host_lines {
    int file;
    size_t at, end;
    char buffer[1024];
};

WINMEM_SHARED int host_lines_open(struct host_lines *lines, const char *path);
/* As fgets: with its end, cut where it does not fit; false after the last. */
WINMEM_SHARED bool host_lines_next(struct host_lines *lines, char *line, size_t size);
WINMEM_SHARED void host_lines_rewind(struct host_lines *lines);
WINMEM_SHARED void host_lines_close(struct host_lines *lines);

/* A short file at once, terminated; its length, 0 when it cannot be read. */
WINMEM_SHARED size_t host_text_read(const char *path, char *text, size_t size);

#endif
