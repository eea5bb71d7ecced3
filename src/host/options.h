/* options.h: the one table of options. A row is (identifier, type, default, help); the environment variable is
 * WINMEM_<identifier>, the `winmem run` flag its lower case. Readable before constructors run; never allocates.
 * Text of options lives in the environment or in this module; pointers stay valid for the life of the process. */
#ifndef WINMEM_HOST_OPTIONS_H
#define WINMEM_HOST_OPTIONS_H

#include "host/shared.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_option_type { OPTION_SIZE, OPTION_NUMBER, OPTION_FLAG, OPTION_TEXT };

/* Rows are added at the end of the group of their owner. A size reads 4096, 64K, 64M, 2G, 1T. */
#define HOST_OPTIONS(row)                                                                                              \
    /* pager */                                                                                                        \
    row(RAM, OPTION_SIZE, "0", "physical memory this process may use for its committed pages; 0: no budget") row(      \
        PAGEFILE, OPTION_TEXT, "auto",                                                                                 \
        "where pages go that do not fit: auto, none, a size (its maximum), a file, a block device, or "                \
        "nbd://host/export") row(PAGEFILE_MAX, OPTION_SIZE, "0",                                                       \
                                 "most the paging file may hold; 0: three times the budget or 4G, if more")            \
        row(PAGEFILE_ENCRYPT, OPTION_FLAG, "0", "encrypt what goes to the paging file; the key never leaves memory")   \
            row(NBD_RETRY, OPTION_NUMBER, "15",                                                                        \
                "seconds that a lost connection of an NBD paging file is tried again before its pages fail")           \
                row(FAULTS, OPTION_TEXT, "auto",                                                                       \
                    "who resolves page faults: auto, signal (the faulting thread), thread, or protection (the "        \
                    "faulting thread, without userfaultfd)")                                                           \
                    row(READAHEAD, OPTION_NUMBER, "64",                                                                \
                        "most pages brought in by one fault of a sequential run; 1: none")                             \
                        row(STATS, OPTION_FLAG, "0", "print a summary of paging when the program ends")                \
                            row(CHILDREN, OPTION_TEXT, "own",                                                          \
                                "budget of the programs that the program starts: own (the same again), share or free " \
                                "(none, and not on winmem)") /* jobs */                                                \
        row(JOB, OPTION_TEXT, "", "name of the job that the program starts in; made when there is none") row(          \
            JOB_RAM, OPTION_SIZE, "0", "RAM budget of a new job, shared by its processes; 0: that of RAM") /* heap */  \
        row(HEAP_CHECK, OPTION_FLAG, "0",                                                                              \
            "patterns behind every heap block and in freed memory, seen by HeapValidate")                              \
            row(HEAP_PAGES, OPTION_TEXT, "off", "a guard page at every heap block: off, behind or before") row(        \
                HEAP_TRACE, OPTION_FLAG, "0", "keep every heap block's call stack; report at exit what was not freed") \
                row(HEAP_TERMINATE, OPTION_FLAG, "0", "end the process when damage to a heap is found")

enum host_option {
#define OPTION_IDENTIFIER(name, type, initial, help) OPTION_##name,
    HOST_OPTIONS(OPTION_IDENTIFIER)
#undef OPTION_IDENTIFIER
        HOST_OPTION_COUNT
};

enum host_option_source { OPTION_BY_DEFAULT, OPTION_BY_ENVIRONMENT, OPTION_BY_PROGRAM };

struct host_option_row {
    const char *name; /* without the WINMEM_ */
    enum host_option_type type;
    const char *initial;
    const char *help;
};
WINMEM_SHARED const struct host_option_row *host_option_row(enum host_option option);
/* The option's text as set by the program, else the environment, else the default. Never NULL. */
WINMEM_SHARED const char *host_option_text(enum host_option option);
enum host_option_source host_option_source(enum host_option option);
/* The option as a number of bytes, a number, or 0/1. Text that does not read as its type counts as the default. */
WINMEM_SHARED uint64_t host_option_number(enum host_option option);
/* Sets an option from the program; `text` is copied. -EINVAL: does not read as its type; -ENAMETOOLONG. */
int host_option_set(enum host_option option, const char *text);
/* Copies what the environment says: from here on it is not read, since a program's setenv may have moved it into memory
 * that is paged. To be called before a fault may be the pager's. */
WINMEM_SHARED void host_options_freeze(void);
/* Finds an option by its name without WINMEM_, any case, '-' for '_'. -ENOENT. */
int host_option_find(const char *name);
/* A variable of the environment; NULL: not there, or empty. As getenv, without bringing in its part of the C library,
 * which costs each program 64 KiB. */
WINMEM_SHARED const char *host_environment(const char *name, size_t length);
/* Reads "64M" into bytes. -EINVAL, -ERANGE. */
int host_parse_size(const char *text, uint64_t *bytes);

#endif
