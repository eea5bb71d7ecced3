/* topology.c: which processors share what: cores, caches, packages, nodes. From the kernel's tables of the machine. */
#include <sysinfoapi.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

#include "win32/win32.h"

#include "host/list.h"
#include "host/own.h"

#define MOST 64u /* processors: one group */
#define RECORDS 512u

struct record {
    LOGICAL_PROCESSOR_RELATIONSHIP kind;
    KAFFINITY mask;
    DWORD node;
    CACHE_DESCRIPTOR cache;
};
struct topology {
    struct record record[RECORDS];
    size_t count;
    KAFFINITY all;
};

/* "0-3,8" as bits. */
static KAFFINITY read_list(const char *path)
{
    char text[512];
    KAFFINITY mask = 0;
    if (!host_text_read(path, text, sizeof text))
        return 0;
    for (char *at = text; *at >= '0' && *at <= '9';) {
        unsigned long first = strtoul(at, &at, 10), last = *at == '-' ? strtoul(at + 1, &at, 10) : first;
        for (; first <= last && first < MOST; first++)
            mask |= (KAFFINITY)1 << first;
        at += *at == ',';
    }
    return mask;
}

static struct record *add(struct topology *topology, LOGICAL_PROCESSOR_RELATIONSHIP kind, KAFFINITY mask)
{
    for (size_t i = 0; i < topology->count; i++)
        if (kind != RelationCache && topology->record[i].kind == kind && topology->record[i].mask == mask)
            return NULL;
    if (!mask || topology->count == RECORDS)
        return NULL;
    struct record *record = &topology->record[topology->count++];
    *record = (struct record){.kind = kind, .mask = mask};
    return record;
}

static unsigned long read_number(const char *directory, const char *name)
{
    char path[192], text[64];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (!host_text_read(path, text, sizeof text))
        return 0;
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    return *end == 'K' ? value << 10 : *end == 'M' ? value << 20 : value;
}

static bool same_cache(const struct record *record, KAFFINITY mask, const CACHE_DESCRIPTOR *cache)
{
    return record->kind == RelationCache && record->mask == mask && record->cache.Level == cache->Level &&
           record->cache.Type == cache->Type;
}

static void add_cache(struct topology *topology, const char *directory)
{
    char path[192], type[32] = "";
    snprintf(path, sizeof path, "%s/type", directory);
    if (!host_text_read(path, type, sizeof type))
        return;
    CACHE_DESCRIPTOR cache = {
        .Level = (BYTE)read_number(directory, "level"),
        .Associativity = (BYTE)read_number(directory, "ways_of_associativity"),
        .LineSize = (WORD)read_number(directory, "coherency_line_size"),
        .Size = (DWORD)read_number(directory, "size"),
        .Type = type[0] == 'D'   ? CacheData
                : type[0] == 'I' ? CacheInstruction
                                 : CacheUnified,
    };
    snprintf(path, sizeof path, "%s/shared_cpu_list", directory);
    KAFFINITY mask = read_list(path);
    for (size_t i = 0; i < topology->count; i++)
        if (same_cache(&topology->record[i], mask, &cache))
            return;
    struct record *record = add(topology, RelationCache, mask);
    if (record)
        record->cache = cache;
}

static void read_processor(struct topology *topology, unsigned processor)
{
    char path[160];
    KAFFINITY own = (KAFFINITY)1 << processor, mask;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", processor);
    mask = read_list(path);
    add(topology, RelationProcessorCore, mask ? mask : own);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/core_siblings_list", processor);
    mask = read_list(path);
    add(topology, RelationProcessorPackage, mask ? mask : topology->all);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cache/index%u", processor, i);
        add_cache(topology, path);
    }
}

static struct topology *read_topology(void)
{
    struct topology *topology = host_own_zero(1, sizeof *topology);
    char path[96];
    if (!topology)
        return NULL;
    topology->all = read_list("/sys/devices/system/cpu/online");
    if (!topology->all)
        topology->all = ((KAFFINITY)2 << (sysconf(_SC_NPROCESSORS_ONLN) - 1)) - 1;
    for (unsigned i = 0; i < MOST; i++)
        if (topology->all >> i & 1)
            read_processor(topology, i);
    bool nodes = false;
    for (DWORD node = 0; node < 64; node++) {
        snprintf(path, sizeof path, "/sys/devices/system/node/node%u/cpulist", node);
        struct record *record = add(topology, RelationNumaNode, read_list(path));
        if (record)
            record->node = node;
        nodes |= record != NULL;
    }
    if (!nodes)
        add(topology, RelationNumaNode, topology->all);
    add(topology, RelationGroup, topology->all);
    return topology;
}

BOOL GetLogicalProcessorInformation(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION buffer, PDWORD length)
{
    struct topology *topology = read_topology();
    DWORD needed = 0, room = *length;
    if (!topology)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    for (size_t i = 0; i < topology->count; i++)
        needed += topology->record[i].kind != RelationGroup ? (DWORD)sizeof *buffer : 0;
    *length = needed;
    for (size_t i = 0; i < topology->count && room >= needed && buffer; i++) {
        const struct record *record = &topology->record[i];
        if (record->kind == RelationGroup)
            continue;
        memset(buffer, 0, sizeof *buffer);
        buffer->ProcessorMask = record->mask;
        buffer->Relationship = record->kind;
        if (record->kind == RelationProcessorCore)
            buffer->ProcessorCore.Flags = (record->mask & (record->mask - 1)) != 0;
        else if (record->kind == RelationNumaNode)
            buffer->NumaNode.NodeNumber = record->node;
        else if (record->kind == RelationCache)
            buffer->Cache = record->cache;
        buffer++;
    }
    host_own_give(topology);
    return room >= needed && buffer ? TRUE : win32_error(ERROR_INSUFFICIENT_BUFFER);
}

static DWORD size_of(LOGICAL_PROCESSOR_RELATIONSHIP kind)
{
    DWORD head = FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor);
    switch (kind) {
    case RelationNumaNode:
        return head + (DWORD)sizeof(NUMA_NODE_RELATIONSHIP);
    case RelationCache:
        return head + (DWORD)sizeof(CACHE_RELATIONSHIP);
    case RelationGroup:
        return head + (DWORD)sizeof(GROUP_RELATIONSHIP);
    default:
        return head + (DWORD)sizeof(PROCESSOR_RELATIONSHIP);
    }
}

static void tell(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX to, const struct record *record)
{
    GROUP_AFFINITY affinity = {.Mask = record->mask};
    memset(to, 0, size_of(record->kind));
    to->Relationship = record->kind;
    to->Size = size_of(record->kind);
    switch (record->kind) {
    case RelationNumaNode:
        to->NumaNode.NodeNumber = record->node;
        to->NumaNode.GroupMask = affinity;
        break;
    case RelationCache:
        to->Cache.Level = record->cache.Level;
        to->Cache.Associativity = record->cache.Associativity;
        to->Cache.LineSize = record->cache.LineSize;
        to->Cache.CacheSize = record->cache.Size;
        to->Cache.Type = record->cache.Type;
        to->Cache.GroupMask = affinity;
        break;
    case RelationGroup:
        to->Group.MaximumGroupCount = to->Group.ActiveGroupCount = 1;
        to->Group.GroupInfo[0].ActiveProcessorMask = record->mask;
        to->Group.GroupInfo[0].ActiveProcessorCount = (BYTE)__builtin_popcountll(record->mask);
        to->Group.GroupInfo[0].MaximumProcessorCount = (BYTE)__builtin_popcountll(record->mask);
        break;
    default:
        to->Processor.Flags = record->kind == RelationProcessorCore && (record->mask & (record->mask - 1));
        to->Processor.GroupCount = 1;
        to->Processor.GroupMask[0] = affinity;
    }
}

BOOL GetLogicalProcessorInformationEx(LOGICAL_PROCESSOR_RELATIONSHIP kind,
                                      PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX buffer, PDWORD length)
{
    DWORD needed = 0, room = *length;
    if (kind != RelationAll && kind > RelationGroup)
        return win32_error(ERROR_INVALID_PARAMETER);
    struct topology *topology = read_topology();
    if (!topology)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    for (size_t i = 0; i < topology->count; i++)
        needed += kind == RelationAll || topology->record[i].kind == kind ? size_of(topology->record[i].kind) : 0;
    *length = needed;
    char *at = (char *)buffer;
    for (size_t i = 0; i < topology->count && room >= needed && at; i++) {
        if (kind != RelationAll && topology->record[i].kind != kind)
            continue;
        tell((PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)at, &topology->record[i]);
        at += size_of(topology->record[i].kind);
    }
    host_own_give(topology);
    return room >= needed && at ? TRUE : win32_error(ERROR_INSUFFICIENT_BUFFER);
}
