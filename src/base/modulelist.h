/* modulelist.h: the modules of a process: its program and shared objects, where they lie and what they are called. */
#ifndef WINMEM_BASE_MODULELIST_H
#define WINMEM_BASE_MODULELIST_H

#include <stddef.h>
#include <stdint.h>
#include <windef.h>

struct base_module {
    HMODULE handle; /* this process': what GetModuleHandle answers; another's: the base */
    uintptr_t base, entry;
    size_t size;
    char *path;
};
struct base_modules {
    struct base_module *module; /* the program first */
    size_t count;
};

/* 0, or the last error that says why not. */
DWORD base_modules_list(int process, struct base_modules *list);
void base_modules_free(struct base_modules *list);
/* By its handle or base; NULL: the program. */
struct base_module *base_modules_find(struct base_modules *list, HMODULE handle);
const char *base_file_part(const char *path);

#endif
