/* protection.c: page protections: validity, the compact form in the run map, and the kernel's. Pure functions, but
 * for what the program has sworn off. */
#include "host/memory.h"
#include "mm/mm.h"
#include "mm/region.h"

#include <stdatomic.h>

#define BASES 0xffu
#define MODIFIERS (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)
/* Control-flow-guard hints: meaningful on executable pages only, where they change nothing here. */
#define TARGETS 0x40000000u
#define EXECUTABLE (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

static struct {
    _Atomic bool no_code; /* set once, for ever */
} protection_state;

void mm_forbid_code(void)
{
    atomic_store(&protection_state.no_code, true);
}

bool mm_code_is_forbidden(void)
{
    return atomic_load_explicit(&protection_state.no_code, memory_order_relaxed);
}

NTSTATUS protection_check_code(ULONG protect)
{
    return protect & EXECUTABLE && __builtin_expect(mm_code_is_forbidden(), 0) ? STATUS_DYNAMIC_CODE_BLOCKED
                                                                               : STATUS_SUCCESS;
}

NTSTATUS protection_parse(ULONG protect, unsigned *attributes)
{
    ULONG base = protect & BASES;
    ULONG modifiers = protect & MODIFIERS;
    if (protect & TARGETS) {
        if (!(base & EXECUTABLE))
            return STATUS_INVALID_PAGE_PROTECTION;
        protect &= ~TARGETS;
    }
    if ((protect & ~(BASES | MODIFIERS)) || base == 0 || (base & (base - 1)))
        return STATUS_INVALID_PAGE_PROTECTION;
    /* GUARD, NOCACHE and WRITECOMBINE exclude each other, and none goes with NOACCESS (documented constants page). */
    if ((modifiers & (modifiers - 1)) || (modifiers && base == PAGE_NOACCESS))
        return STATUS_INVALID_PAGE_PROTECTION;
    *attributes = VALUE_COMMITTED | (unsigned)__builtin_ctz(base) | (modifiers & PAGE_GUARD ? VALUE_GUARD : 0) |
                  (modifiers & PAGE_NOCACHE ? VALUE_NOCACHE : 0) |
                  (modifiers & PAGE_WRITECOMBINE ? VALUE_WRITECOMBINE : 0);
    return STATUS_SUCCESS;
}

ULONG protection_of(unsigned attributes)
{
    return (1u << (attributes & VALUE_PROTECT)) | (attributes & VALUE_GUARD ? PAGE_GUARD : 0) |
           (attributes & VALUE_NOCACHE ? PAGE_NOCACHE : 0) | (attributes & VALUE_WRITECOMBINE ? PAGE_WRITECOMBINE : 0);
}

unsigned protection_access(unsigned attributes)
{
    static const uint8_t access[8] = {
        HOST_NONE,
        HOST_READ,
        HOST_READ | HOST_WRITE,
        HOST_READ | HOST_WRITE, /* write-copy: the mapping is private */
        HOST_READ | HOST_EXECUTE,
        HOST_READ | HOST_EXECUTE,
        HOST_READ | HOST_WRITE | HOST_EXECUTE,
        HOST_READ | HOST_WRITE | HOST_EXECUTE,
    };
    if (attributes & (VALUE_GUARD | VALUE_OFFERED))
        return HOST_NONE;
    return access[attributes & VALUE_PROTECT] & (attributes & VALUE_ARMED ? ~(unsigned)HOST_WRITE : ~0u);
}

bool protection_allows(unsigned attributes, unsigned operation)
{
    unsigned access = protection_access(attributes & ~(VALUE_GUARD | VALUE_ARMED));
    unsigned needed = operation == 1 ? HOST_WRITE : operation == 8 ? HOST_EXECUTE : HOST_READ;
    return (access & needed) != 0;
}
