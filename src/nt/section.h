/* section.h: the Section object, for the rooms of nt: sections and their names. */
#ifndef WINMEM_NT_SECTION_H
#define WINMEM_NT_SECTION_H

#include "ob/ob.h"

#include <winternl.h>

struct mm_section;

struct nt_section {
    struct ob_object object;
    struct mm_section *section;
    void *name; /* the name's own: set by nt_section_publish */
};
extern const struct ob_type nt_section_type;

/* An object (one reference) that owns the section reference it is given; NULL: no memory. */
struct nt_section *nt_section_wrap(struct mm_section *section);

/* Names. publish: gives the object its name; OBJECT_NAME_COLLISION and the object that has it, referenced.
 * find: the object of a name, referenced. withdraw: the last handle is gone, and the name with it. */
NTSTATUS nt_section_publish(struct nt_section *made, const OBJECT_ATTRIBUTES *attributes, struct nt_section **existing);
NTSTATUS nt_section_find(const OBJECT_ATTRIBUTES *attributes, struct nt_section **found);
void nt_section_withdraw(struct nt_section *section);

#endif
