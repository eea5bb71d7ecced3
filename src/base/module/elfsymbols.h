/* elfsymbols.h: the function that an address of this process lies in, by the tables of the file it was loaded from. */
#ifndef WINMEM_BASE_ELFSYMBOLS_H
#define WINMEM_BASE_ELFSYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct base_symbol {
    uintptr_t address, module; /* where it begins, and the module's base */
    size_t size;
    char name[1024]; /* cut where it is longer */
};

bool base_symbol_find(uintptr_t address, struct base_symbol *symbol);

#endif
