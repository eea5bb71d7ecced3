/* section.h: sections: memory that is shared, with or without a file behind it. Reference counted: a view holds one,
 * the layer above holds one for its handles. Knows no handles. Returns NTSTATUS; never calls malloc. */
#ifndef WINMEM_MM_SECTION_H
#define WINMEM_MM_SECTION_H

#include "mm/mm.h"

#include <stdatomic.h>

struct mm_section;

/* The file behind a section, as the layer above gives it: an open descriptor that stays valid until `release`. */
struct mm_section_file {
    int fd;
    bool writable; /* the descriptor may be written: a writable section may grow the file */
    void *owner;
    void (*release)(void *owner);
};

/* Size 0: the file's. file NULL: backed by the paging file; `attributes` are SEC_*, already checked for shape by
 * mm_section_check. On failure the file is not released. */
NTSTATUS mm_section_check(ULONG protect, ULONG attributes, bool with_file);
NTSTATUS mm_section_create(uint64_t size, ULONG protect, ULONG attributes, const struct mm_section_file *file,
                           struct mm_section **section);
/* A section of physical pages: it is not mapped itself, its pool has the frames. */
NTSTATUS mm_section_create_physical(struct mm_section **section);
void mm_section_reference(struct mm_section *section);
void mm_section_dereference(struct mm_section *section);

struct mm_section_information {
    uint64_t size;
    ULONG protect;
    ULONG attributes;             /* as queries report them: SEC_FILE, SEC_COMMIT or SEC_RESERVE, and modifiers */
    const struct mm_image *image; /* or NULL; lives as long as the section */
};
void mm_section_query(struct mm_section *section, struct mm_section_information *information);
/* Sections on files only, and only upwards; *size is the section's size afterwards. */
NTSTATUS mm_section_extend(struct mm_section *section, uint64_t *size);

/* For sharing with another process: what it must be given, and how it makes the same section of it. The descriptors
 * are the section's own. import takes descriptors of its own, closed with the section; the memory is charged to its
 * creator. */
struct mm_section_export {
    int fd;
    int extent_fd; /* SEC_RESERVE: the extent; SEC_IMAGE: the file; else -1 */
    uint64_t size;
    ULONG protect;
    ULONG attributes;
};
void mm_section_export(struct mm_section *section, struct mm_section_export *shared);
/* Before another process may see what export tells: its pages are brought in, and stay. */
NTSTATUS mm_section_share(struct mm_section *section);
NTSTATUS mm_section_import(const struct mm_section_export *shared, struct mm_section **section);

/* Whether cutting the file to `size` would take bytes from a section of this process; with a descriptor of the file
 * (not -1), of any process. */
WINMEM_SHARED bool mm_section_blocks_truncation(int fd, uint64_t device, uint64_t inode, uint64_t size);
/* Sections alive, for leak checks. */
unsigned long mm_section_count(void);

/* What view.c needs to know. S: the section's lock. */
struct mm_section {
    _Atomic long references;
    int fd;                           /* constant */
    int extent_fd;                    /* constant: the shared commit bitmap of SEC_RESERVE, or -1 */
    bool pagefile;                    /* constant */
    uint32_t number;                  /* constant: the pager's, or 0 */
    uint32_t pool;                    /* constant: of physical pages (awe.h), or 0 */
    ULONG protect;                    /* constant */
    ULONG attributes;                 /* constant */
    _Atomic uint64_t size;            /* bytes; grows by extension */
    struct mm_section_extent *extent; /* constant: SEC_RESERVE */
    _Atomic size_t charged;           /* pages of commit */
    uint64_t device, inode;           /* constant: of a file */
    struct mm_image *image;           /* constant: SEC_IMAGE; `fd` is then a copy laid out as the image is */
    struct mm_section_file file;
    _Atomic bool passed;                /* another process has it too, or had it first */
    struct mm_section *next, *previous; /* S: sections on files */
};

/* Which pages of a SEC_RESERVE section are committed: shared by every process that has the section. */
struct mm_section_extent {
    _Atomic uint64_t generation; /* counts changes */
    _Atomic uint64_t word[];     /* one bit a page */
};

#endif
