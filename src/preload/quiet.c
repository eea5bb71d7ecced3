/* quiet.c: a Linux program that has the library only in front of it dies of a fault as it always did: without the
 * report that a Windows program, linked to the library, gets. Reads the program's own dynamic section. */
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>

#include "exception/exception.h"

static bool is_ours(const char *name)
{
    return !strncmp(name, "libwinmem.so", 12) || !strncmp(name, "libwinmem-base.so", 17);
}

/* Whether the program names the library among what it needs. */
static bool program_needs_us(const ElfW(Dyn) * dynamic, uintptr_t base)
{
    const char *strings = NULL;
    for (const ElfW(Dyn) *entry = dynamic; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_STRTAB) /* glibc has made it an address; others leave an offset */
            strings = (const char *)(entry->d_un.d_ptr < base ? base + entry->d_un.d_ptr : entry->d_un.d_ptr);
    for (const ElfW(Dyn) *entry = dynamic; strings && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED && is_ours(strings + entry->d_un.d_val))
            return true;
    return false;
}

__attribute__((constructor)) static void be_quiet(void)
{
    const ElfW(Phdr) *parts = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    uintptr_t base = 0;
    unsigned long count = getauxval(AT_PHNUM);
    for (unsigned long i = 0; parts && i < count; i++)
        if (parts[i].p_type == PT_PHDR)
            base = (uintptr_t)parts - parts[i].p_vaddr;
    for (unsigned long i = 0; parts && i < count; i++)
        if (parts[i].p_type == PT_DYNAMIC && !program_needs_us((const ElfW(Dyn) *)(base + parts[i].p_vaddr), base))
            exception_quiet();
}
