/* view.h: views: parts of sections in the address space of this process. Regions like others, with operations of their
 * own. Returns NTSTATUS; in/out fields are written only on success. */
#ifndef WINMEM_MM_VIEW_H
#define WINMEM_MM_VIEW_H

#include "mm/mm.h"
#include "mm/section.h"

struct mm_view_request {
    void *base;      /* in: where, NULL for anywhere; out */
    size_t size;     /* in: bytes, 0 for all that follows the offset; out: in pages */
    uint64_t offset; /* multiple of 64K */
    size_t commit;   /* bytes of a SEC_RESERVE section to commit with it */
    ULONG type;      /* MEM_RESERVE, MEM_TOP_DOWN, MEM_REPLACE_PLACEHOLDER, MEM_LARGE_PAGES */
    ULONG protect;
    const struct mm_constraints *constraints; /* or NULL */
};
/* Whether pages of a section (or view) of protection `whole` may have protection `part`. */
bool mm_view_compatible(ULONG whole, ULONG part);
NTSTATUS mm_view_map(struct mm_section *section, struct mm_view_request *request);
/* The file behind a view of an image, whose pages come from a copy of it: its name (path NULL: not wanted), device and
 * inode. NOT_MAPPED_VIEW when the address is in no such view. */
struct host_file_id;
NTSTATUS mm_view_image_file(const void *address, char *path, size_t size, struct host_file_id *id);
/* Any address inside the view. flags: MEM_UNMAP_WITH_TRANSIENT_BOOST, MEM_PRESERVE_PLACEHOLDER. */
NTSTATUS mm_view_unmap(void *address, ULONG flags);
/* Waits until a file view's changes are on the disk; size 0: to the end of the view. */
NTSTATUS mm_view_flush(void **base, size_t *size);
/* Every view of a section that the pager knows is told to it. Lock A. */
void view_tell_pager_locked(void);

#endif
