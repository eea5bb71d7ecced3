/* placeholder.h: reserved regions that are split, joined and replaced in place. Lock A is held. */
#ifndef WINMEM_MM_PLACEHOLDER_H
#define WINMEM_MM_PLACEHOLDER_H

#include "mm/region.h"

/* VirtualAlloc2(MEM_REPLACE_PLACEHOLDER): the range must be exactly one placeholder. */
NTSTATUS placeholder_replace_locked(uint64_t start, uint64_t end, ULONG type, ULONG protect, unsigned attributes);
/* For views: the placeholder that is exactly this range, or CONFLICTING_ADDRESSES. The caller maps the view and turns
 * the region into one (kind, ops, object; from_placeholder is set here). */
NTSTATUS placeholder_take_locked(uint64_t start, uint64_t end, struct region **region);
/* The opposite: the region, its pages gone, is a placeholder again. */
void placeholder_restore_locked(struct region *region);
/* VirtualFree(MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER) and (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS). */
NTSTATUS placeholder_preserve_locked(uint64_t start, uint64_t end);
NTSTATUS placeholder_coalesce_locked(uint64_t start, uint64_t end);

#endif
