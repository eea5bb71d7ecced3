/* query.c: mm_query: what is at an address: our regions from the run map, everything else from the kernel. A walk from
 * address 0 to the top meets every byte exactly once. Calls its siblings in mm and host; no allocation. */
#include "mm/space.h"

#include "host/proc.h"
#include "mm/stack.h"

static ULONG type_of(const struct region *region)
{
    return region->kind == REGION_VIEW && region->ops ? region->ops->type : MEM_PRIVATE;
}

static void fill_own(const struct run *run, uint64_t page, MEMORY_BASIC_INFORMATION *information)
{
    struct region *region = value_region(run->value);
    unsigned attributes = value_attributes(run->value);
    bool committed = (attributes & VALUE_COMMITTED) != 0;
    information->BaseAddress = page_address(page);
    information->AllocationBase = page_address(region->start);
    information->AllocationProtect = region->allocation_protect;
    information->PartitionId = 0;
    information->RegionSize = (run->end - page) << PAGE_SHIFT;
    information->State = committed ? MEM_COMMIT : MEM_RESERVE;
    information->Protect = committed ? protection_of(attributes) : 0;
    information->Type = type_of(region);
    if (region->ops && region->ops->query)
        region->ops->query(region, page, information);
}

static void fill_free(uintptr_t start, uintptr_t end, MEMORY_BASIC_INFORMATION *information)
{
    *information = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (void *)start,
        .RegionSize = end - start,
        .State = MEM_FREE,
        .Protect = PAGE_NOACCESS,
    };
}

static ULONG protect_of_mapping(const struct host_mapping *mapping)
{
    bool copy = mapping->inode && !mapping->shared;
    switch (mapping->access & (HOST_READ | HOST_WRITE | HOST_EXECUTE)) {
    case HOST_NONE:
        return PAGE_NOACCESS;
    case HOST_READ:
        return PAGE_READONLY;
    case HOST_EXECUTE:
        return PAGE_EXECUTE;
    case HOST_READ | HOST_EXECUTE:
        return PAGE_EXECUTE_READ;
    case HOST_WRITE:
    case HOST_READ | HOST_WRITE:
        return copy ? PAGE_WRITECOPY : PAGE_READWRITE;
    default:
        return copy ? PAGE_EXECUTE_WRITECOPY : PAGE_EXECUTE_READWRITE;
    }
}

static bool same_file(const struct host_mapping *a, const struct host_mapping *b)
{
    return a->inode == b->inode && a->device == b->device;
}

static bool mapping_covering(uintptr_t address, struct host_mapping *mapping)
{
    return host_mapping_find(address, mapping, NULL, 0) == 0 && mapping->start <= address;
}

/* The adjoining mappings of one file are one allocation; with executable code among them it is an image. The zeroed
 * data of an image (private and anonymous, right behind its writable part) belongs to it. */
struct file_group {
    uintptr_t start;
    bool image;
};

static void walk_group(const struct host_mapping *member, struct file_group *group)
{
    struct host_mapping at = *member;
    group->start = member->start;
    group->image = (member->access & HOST_EXECUTE) != 0;
    for (int i = 0; i < 64; i++) {
        struct host_mapping before;
        if (at.start == 0 || !mapping_covering(at.start - 1, &before) || !same_file(&before, member))
            break;
        group->start = before.start;
        group->image |= (before.access & HOST_EXECUTE) != 0;
        at = before;
    }
    at = *member;
    for (int i = 0; i < 64 && !group->image; i++) {
        struct host_mapping after;
        if (!mapping_covering(at.end, &after) || !same_file(&after, member))
            break;
        group->image |= (after.access & HOST_EXECUTE) != 0;
        at = after;
    }
}

static bool is_image_tail(const struct host_mapping *mapping, struct file_group *group)
{
    struct host_mapping before;
    if (mapping->inode || mapping->shared || !(mapping->access & HOST_WRITE) || mapping->start == 0)
        return false;
    if (!mapping_covering(mapping->start - 1, &before) || !before.inode || before.shared ||
        !(before.access & HOST_WRITE))
        return false;
    walk_group(&before, group);
    return group->image;
}

static void fill_foreign(const struct host_mapping *mapping, uintptr_t address, uintptr_t end,
                         MEMORY_BASIC_INFORMATION *information)
{
    struct file_group group = {.start = mapping->start, .image = false};
    bool file = mapping->inode != 0;
    bool reserved = !file && !mapping->shared && mapping->access == HOST_NONE;
    ULONG protect = protect_of_mapping(mapping);
    if (file)
        walk_group(mapping, &group);
    else if (!reserved)
        is_image_tail(mapping, &group);
    if (!file && !group.image)
        group.start = mapping->start;
    *information = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (void *)address,
        .AllocationBase = (void *)group.start,
        .AllocationProtect = group.image ? PAGE_EXECUTE_WRITECOPY : protect,
        .RegionSize = end - address,
        .State = reserved ? MEM_RESERVE : MEM_COMMIT,
        .Protect = reserved ? 0 : protect,
        .Type = group.image               ? MEM_IMAGE
                : file || mapping->shared ? MEM_MAPPED
                                          : MEM_PRIVATE,
    };
}

/* A page that is not ours, in a run of such pages: no answer reaches beyond the run. */
static void query_outside(uint64_t page, const struct run *run, MEMORY_BASIC_INFORMATION *information)
{
    uintptr_t address = page << PAGE_SHIFT;
    uintptr_t limit = run->end << PAGE_SHIFT;
    struct host_mapping mapping;
    limit = limit < SPACE_HIGHEST + 1 ? limit : SPACE_HIGHEST + 1;
    uintptr_t run_start = run->start << PAGE_SHIFT;
    if (mm_stack_query(address, information))
        return;
    mm_stack_neighbours(address, &run_start, &limit);
    if (host_mapping_find(address, &mapping, NULL, 0) != 0 || mapping.start >= limit) {
        fill_free(address, limit, information);
    } else if (mapping.start > address) {
        fill_free(address, mapping.start, information);
    } else {
        if (mapping.start < run_start)
            mapping.start = run_start; /* the kernel has merged it with a neighbour of ours */
        fill_foreign(&mapping, address, mapping.end < limit ? mapping.end : limit, information);
    }
}

NTSTATUS mm_query(const void *address, MEMORY_BASIC_INFORMATION *information)
{
    space_start();
    if ((uintptr_t)address > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    uint64_t page = page_of(address);
    MEMORY_BASIC_INFORMATION answer;
    space_lock();
    struct run run = space_find_locked(page);
    struct region *region = value_region(run.value);
    if (region) {
        if (__builtin_expect(region->ops && region->ops->synchronise, 0)) {
            region->ops->synchronise(region, page, run.end);
            run = space_find_locked(page);
        }
        fill_own(&run, page, &answer);
    }
    space_unlock();
    if (!region && run.value == PAGE_IS_FREE)
        fill_free(page << PAGE_SHIFT, run.end << PAGE_SHIFT, &answer);
    else if (!region)
        query_outside(page, &run, &answer);
    *information = answer;
    return STATUS_SUCCESS;
}

NTSTATUS mm_query_region(const void *address, struct mm_region_information *information)
{
    mm_start();
    if ((uintptr_t)address > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    space_lock();
    const struct region *region = space_region_locked(page_of(address));
    if (region) {
        *information = (struct mm_region_information){
            .base = page_address(region->start),
            .size = (region->end - region->start) << PAGE_SHIFT,
            .committed = region->committed << PAGE_SHIFT,
            .allocation_protect = region->allocation_protect,
            .type = type_of(region),
            .physical = region->kind == REGION_PHYSICAL,
            .large = region->large != 0,
            .placeholder = region->kind == REGION_PLACEHOLDER,
            .write_watch = region->write_watch != 0,
            .pagefile = region->ops && region->ops->pagefile,
        };
    }
    space_unlock();
    if (region)
        return STATUS_SUCCESS;
    MEMORY_BASIC_INFORMATION basic;
    NTSTATUS status = mm_query(address, &basic);
    if (!NT_SUCCESS(status))
        return status;
    if (basic.State == MEM_FREE)
        return STATUS_INVALID_ADDRESS;
    *information = (struct mm_region_information){
        .base = basic.AllocationBase, .allocation_protect = basic.AllocationProtect, .type = basic.Type};
    uintptr_t at = (uintptr_t)basic.AllocationBase;
    while (NT_SUCCESS(mm_query((void *)at, &basic)) && basic.AllocationBase == information->base) {
        information->committed += basic.State == MEM_COMMIT ? basic.RegionSize : 0;
        at += basic.RegionSize;
    }
    information->size = at - (uintptr_t)information->base;
    return STATUS_SUCCESS;
}
