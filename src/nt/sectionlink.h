/* sectionlink.h: the name of a section as other processes find it. A shared record says who has the section's
 * descriptors; whoever opens the name gets them from one of those and enters itself, so that no holder is needed more
 * than another and nothing is left when the last one dies. */
#ifndef WINMEM_NT_SECTIONLINK_H
#define WINMEM_NT_SECTIONLINK_H

#include "ob/ob.h"

#include <stddef.h>

struct mm_section;

/* Makes the name stand for `made`, or (OBJECT_NAME_COLLISION) gives the section that has it, referenced. *link: to be
 * closed when the last handle of this process goes. */
NTSTATUS nt_link_publish(const WCHAR *name, size_t length, struct mm_section *made, struct mm_section **existing,
                         HANDLE *link);
NTSTATUS nt_link_find(const WCHAR *name, size_t length, struct mm_section **found, HANDLE *link);

#endif
