/* region.h: regions (Windows: VADs) and the page values of the run map: what the rooms of mm share. Not for other
 * folders. Every function ends in _locked or says that it needs no lock; A is the address-space lock of space.h. */
#ifndef WINMEM_MM_REGION_H
#define WINMEM_MM_REGION_H

#include "mm/mm.h"
#include "mm/runmap.h"

#define PAGE_SHIFT 12
#define GRANULE_PAGES ((uint64_t)16)

enum region_kind {
    REGION_PRIVATE,     /* VirtualAlloc */
    REGION_VIEW,        /* of a section: `ops` and `object` say which */
    REGION_PHYSICAL,    /* MEM_PHYSICAL: AWE window */
    REGION_PLACEHOLDER, /* reserved for a later replacement */
};

struct region;
struct write_marks;

/* What a view knows better than mm. Called under lock A; must not touch program memory. Any member may be NULL.
 * Pages are page numbers; `protect` is a PAGE_* value that is valid in itself. */
struct region_ops {
    ULONG type;    /* MEM_MAPPED or MEM_IMAGE, for queries */
    bool pagefile; /* of a section without a file */
    /* VirtualAlloc(MEM_COMMIT) in the view: does everything, the run map included. NULL: ALREADY_COMMITTED. */
    NTSTATUS (*commit)(struct region *region, uint64_t start, uint64_t end, ULONG protect);
    /* VirtualProtect: may refuse or replace the protection. NULL: any. */
    NTSTATUS (*check_protect)(struct region *region, ULONG *protect);
    /* In place of mprotect, after check_protect: 0 or -errno. */
    int (*protect)(struct region *region, uint64_t start, uint64_t end, unsigned attributes);
    /* Called before protect and query look at the range: brings what others did into the run map. */
    void (*synchronise)(struct region *region, uint64_t start, uint64_t end);
    /* After a query: may correct protection and shorten the run (written copy-on-write pages). */
    void (*query)(struct region *region, uint64_t page, MEMORY_BASIC_INFORMATION *information);
    /* A fault that the run map allows: RESOLVED or RAISE with status. Signal context. */
    enum mm_fault_verdict (*fault)(struct region *region, struct mm_fault *fault);
};

/* One allocation. All fields: lock A. */
struct region {
    uint64_t start, end; /* pages */
    uint64_t committed;  /* pages committed and charged */
    const struct region_ops *ops;
    union {
        void *object;              /* the view's */
        struct write_marks *marks; /* of a watched private region: writemarks.h; NULL: none yet */
    };
    uint64_t offset;          /* of the view in its section, bytes */
    ULONG allocation_protect; /* as first given */
    ULONG attributes;         /* MEM_EXTENDED_PARAMETER_* flags */
    uint8_t kind;             /* enum region_kind */
    uint8_t held;             /* an inaccessible mapping keeps the place where nothing is committed */
    uint8_t outside;          /* not in the arena: given back by unmapping */
    uint8_t write_watch;      /* WATCH_* of writewatch.h */
    uint8_t large;            /* MEM_LARGE_PAGES */
    uint8_t busy;             /* its pages come or go outside the lock: quick.c */
    uint8_t from_placeholder; /* a view or an allocation that replaced a placeholder */
} __attribute__((aligned(64)));

/* A page's value in the run map: 16 bits of state over the region's address. Zero: free, in the arena. */
#define VALUE_PROTECT 0x0007u   /* log2 of the PAGE_* value */
#define VALUE_READWRITE 0x0002u /* of them: PAGE_READWRITE */
#define VALUE_GUARD 0x0008u
#define VALUE_NOCACHE 0x0010u
#define VALUE_WRITECOMBINE 0x0020u
#define VALUE_COMMITTED 0x0040u
#define VALUE_RESERVED 0x0080u
#define VALUE_OUTSIDE 0x0100u /* not ours: ask the kernel */
#define VALUE_ARMED 0x0200u   /* write watch: not written yet, mapped without write access */
#define VALUE_OFFERED 0x0400u /* by OfferVirtualMemory: no access until it is reclaimed */
#define VALUE_PROTECTION (VALUE_PROTECT | VALUE_GUARD | VALUE_NOCACHE | VALUE_WRITECOMBINE)
#define VALUE_SHIFT 48
#define PAGE_IS_FREE ((uint64_t)0)
#define PAGE_IS_OUTSIDE ((uint64_t)VALUE_OUTSIDE << VALUE_SHIFT)

static inline uint64_t page_value(const struct region *region, unsigned attributes)
{
    return (uint64_t)(uintptr_t)region | (uint64_t)attributes << VALUE_SHIFT;
}

static inline struct region *value_region(uint64_t value)
{
    return (struct region *)(uintptr_t)(value & (((uint64_t)1 << VALUE_SHIFT) - 1));
}

static inline unsigned value_attributes(uint64_t value)
{
    return (unsigned)(value >> VALUE_SHIFT);
}

static inline bool value_committed(uint64_t value)
{
    return (value_attributes(value) & VALUE_COMMITTED) != 0;
}

/* protection.c, no lock: PAGE_* to attributes (committed), INVALID_PAGE_PROTECTION; back; and what the kernel is told.
 */
NTSTATUS protection_parse(ULONG protect, unsigned *attributes);
/* STATUS_DYNAMIC_CODE_BLOCKED: the program has sworn off new code (mm_forbid_code). */
NTSTATUS protection_check_code(ULONG protect);
ULONG protection_of(unsigned attributes);
unsigned protection_access(unsigned attributes); /* enum host_access; a guard page has none */
bool protection_allows(unsigned attributes, unsigned operation);

#endif
