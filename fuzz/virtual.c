/* virtual.c: any sequence of VirtualAlloc, Free, Protect, Query and writes leaves an address space that VirtualQuery
 * describes without gaps, in which committed writable pages hold what was written; test traits: timeout=120 */
#include <windows.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLOTS 8
#define LARGEST 64 /* pages */

static struct slot {
    char *base;
    SIZE_T pages;
    uint8_t mark[LARGEST]; /* what the page's first byte must be; 0: fresh or unknown */
} slot[SLOTS];

static const DWORD protections[] = {PAGE_NOACCESS,
                                    PAGE_READONLY,
                                    PAGE_READWRITE,
                                    PAGE_READWRITE | PAGE_GUARD,
                                    PAGE_EXECUTE_READ,
                                    PAGE_EXECUTE_READWRITE,
                                    PAGE_WRITECOPY,
                                    0,
                                    3};
#define PROTECTIONS (sizeof protections / sizeof protections[0])

static void require(int condition)
{
    if (!condition)
        abort();
}

/* Every region of the allocation, one after the other, without a gap; marks hold where the pages can be read. */
static void check_slot(const struct slot *s)
{
    MEMORY_BASIC_INFORMATION information;
    SIZE_T page = 0;
    while (page < s->pages) {
        require(VirtualQuery(s->base + page * 4096, &information, sizeof information) == sizeof information);
        require(information.BaseAddress == s->base + page * 4096 && information.AllocationBase == s->base);
        require(information.State == MEM_COMMIT || information.State == MEM_RESERVE);
        require(information.RegionSize != 0 && information.RegionSize % 4096 == 0);
        SIZE_T end = page + information.RegionSize / 4096;
        require(end <= s->pages);
        int readable = information.State == MEM_COMMIT && information.Protect != PAGE_NOACCESS &&
                       !(information.Protect & PAGE_GUARD);
        for (; page < end; page++)
            if (readable && s->mark[page])
                require(*(volatile uint8_t *)(s->base + page * 4096) == s->mark[page]);
    }
}

static void forget(struct slot *s, SIZE_T first, SIZE_T count)
{
    for (SIZE_T i = first; i < first + count && i < LARGEST; i++)
        s->mark[i] = 0;
}

static void write_mark(struct slot *s, SIZE_T page, uint8_t value)
{
    MEMORY_BASIC_INFORMATION information;
    require(VirtualQuery(s->base + page * 4096, &information, sizeof information) != 0);
    if (information.State == MEM_COMMIT &&
        (information.Protect == PAGE_READWRITE || information.Protect == PAGE_EXECUTE_READWRITE)) {
        s->base[page * 4096] = (char)value;
        s->mark[page] = value;
    }
}

static void operate(struct slot *s, uint8_t operation, SIZE_T first, SIZE_T count, uint8_t value)
{
    DWORD protect = protections[value % PROTECTIONS], old;
    if (!s->base) {
        DWORD type = operation & 1 ? MEM_RESERVE : MEM_RESERVE | MEM_COMMIT;
        s->base = (char *)VirtualAlloc(NULL, count * 4096, type | (operation & 2 ? MEM_TOP_DOWN : 0), protect);
        s->pages = s->base ? count : 0;
        return;
    }
    char *address = s->base + first * 4096;
    switch (operation % 6) {
    case 0:
        VirtualAlloc(address, count * 4096, MEM_COMMIT, protect);
        break;
    case 1:
        if (VirtualFree(address, count * 4096, MEM_DECOMMIT))
            forget(s, first, count);
        break;
    case 2:
        VirtualProtect(address, count * 4096, protect, &old);
        break;
    case 3:
        if (VirtualAlloc(address, count * 4096, MEM_RESET, PAGE_READWRITE))
            forget(s, first, count);
        break;
    case 4:
        require(VirtualFree(s->base, 0, MEM_RELEASE));
        s->base = NULL;
        forget(s, 0, LARGEST);
        break;
    default:
        write_mark(s, first, value);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 4 <= size; i += 4) {
        struct slot *s = &slot[data[i] % SLOTS];
        SIZE_T first = s->base ? data[i + 1] % s->pages : 0;
        operate(s, data[i] / SLOTS, first, data[i + 2] % LARGEST + 1, data[i + 3] | 1);
        if (s->base)
            check_slot(s);
    }
    for (int i = 0; i < SLOTS; i++) {
        if (slot[i].base)
            require(VirtualFree(slot[i].base, 0, MEM_RELEASE));
        slot[i].base = NULL;
        forget(&slot[i], 0, LARGEST);
    }
    return 0;
}
