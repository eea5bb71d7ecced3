/* elfsymbols.c: names of functions from the ELF file that an address was loaded from: its full table where it was not
 * stripped, else what the dynamic linker knows. The file is read anew each time; nothing is kept. */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/module/elfsymbols.h"

#include "host/own.h"

#define MOST_SYMBOLS (64u << 20) /* bytes of a table that is still looked at */

static bool read_at(int fd, void *to, size_t size, uint64_t at)
{
    return pread(fd, to, size, (off_t)at) == (ssize_t)size;
}

/* The last function that begins at or before the place and reaches it; `place` as in the file. */
static bool search(const Elf64_Sym *table, size_t count, uint64_t place, Elf64_Sym *found)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const Elf64_Sym *s = &table[i];
        bool is_function = ELF64_ST_TYPE(s->st_info) == STT_FUNC && s->st_shndx != SHN_UNDEF;
        if (!is_function || s->st_value > place || (s->st_size && place - s->st_value >= s->st_size))
            continue;
        if (!any || s->st_value >= found->st_value)
            *found = *s, any = true;
    }
    return any;
}

static bool search_section(int fd, const Elf64_Shdr *symbols, const Elf64_Shdr *names, uint64_t place,
                           struct base_symbol *symbol)
{
    Elf64_Sym found = {0};
    if (symbols->sh_size > MOST_SYMBOLS || symbols->sh_entsize != sizeof(Elf64_Sym))
        return false;
    Elf64_Sym *table = host_own_take(symbols->sh_size);
    bool any = table && read_at(fd, table, symbols->sh_size, symbols->sh_offset) &&
               search(table, symbols->sh_size / sizeof *table, place, &found) && found.st_name < names->sh_size;
    host_own_give(table);
    if (!any)
        return false;
    ssize_t got = pread(fd, symbol->name, sizeof symbol->name - 1, (off_t)(names->sh_offset + found.st_name));
    symbol->name[got > 0 ? got : 0] = 0;
    symbol->address = found.st_value; /* the caller adds where the file was loaded */
    symbol->size = found.st_size;
    return got > 0;
}

static bool search_file(const char *path, uint64_t place, struct base_symbol *symbol)
{
    Elf64_Ehdr head;
    bool any = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (read_at(fd, &head, sizeof head, 0) && !memcmp(head.e_ident, ELFMAG, SELFMAG) &&
        head.e_shentsize == sizeof(Elf64_Shdr)) {
        size_t size = (size_t)head.e_shnum * sizeof(Elf64_Shdr);
        Elf64_Shdr *sections = host_own_take(size + 1);
        if (sections && read_at(fd, sections, size, head.e_shoff))
            for (unsigned i = 0; !any && i < head.e_shnum; i++)
                if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < head.e_shnum)
                    any = search_section(fd, &sections[i], &sections[sections[i].sh_link], place, symbol);
        host_own_give(sections);
    }
    close(fd);
    return any;
}

bool base_symbol_find(uintptr_t address, struct base_symbol *symbol)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (!dladdr1((void *)address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
        return false;
    symbol->module = (uintptr_t)info.dli_fbase;
    const char *path = map->l_name && *map->l_name ? map->l_name : "/proc/self/exe";
    if (search_file(path, address - map->l_addr, symbol)) {
        symbol->address += map->l_addr;
        return true;
    }
    if (!info.dli_sname)
        return false;
    symbol->address = (uintptr_t)info.dli_saddr;
    symbol->size = 0;
    snprintf(symbol->name, sizeof symbol->name, "%s", info.dli_sname);
    return true;
}
