/* modulelist.h: the modules of a process: its program and shared objects, where they lie and what they are called. */
#ifndef WINMEM_BASE_MODULELIST_H
#define WINMEM_BASE_MODULELIST_H

#include <stddef.h>
#include <stdint.h>
#include <windef.h>

struct base_module {
    uintptr_t base, entry; /* the base is the module's handle, as on Windows */
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
/* NULL: the program; a pseudo-module's: the library that it stands for. */
struct base_module *base_modules_find(struct base_modules *list, HMODULE handle);
/* The file name's last part, or the whole when `name` has folders, of letters of either case; without a point in
 * `name`, of type dll as well. */
struct base_module *base_modules_named(struct base_modules *list, const char *name);
/* What dlopen gave, as a handle; and back, NULL when the address is no module's base. Counts nothing. */
HMODULE base_module_handle(void *opened);
void *base_module_opened(HMODULE handle);
/* module.c: a pseudo-module's library, else the handle itself. */
HMODULE base_module_real(HMODULE handle);
const char *base_file_part(const char *path);

#endif
