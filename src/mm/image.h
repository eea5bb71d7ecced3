/* image.h: the layout of a PE file as an image section (SEC_IMAGE) has it: which bytes of the file go to which pages,
 * and with what protection. Knows files and bytes, no regions. */
#ifndef WINMEM_MM_IMAGE_H
#define WINMEM_MM_IMAGE_H

#include "mm/mm.h"

#define MM_IMAGE_PARTS 97 /* the headers and 96 sections, the most that the format allows */

struct mm_image_part {
    uint32_t start, size;    /* bytes in the image, whole pages; parts follow each other without a gap */
    uint32_t offset, length; /* bytes of the file that fill its beginning */
    ULONG protect;           /* PAGE_* of a fresh view */
    bool shared;             /* IMAGE_SCN_MEM_SHARED: views share what they write */
};

struct mm_image {
    uint64_t base;  /* where the image wants to be */
    uint64_t entry; /* address at that base */
    uint64_t stack_reserve, stack_commit;
    uint32_t size, file_size;
    uint32_t checksum, loader_flags;
    uint16_t machine, characteristics, dll_characteristics;
    uint16_t subsystem, subsystem_major, subsystem_minor, system_major, system_minor;
    bool contains_code;
    unsigned count;
    struct mm_image_part part[MM_IMAGE_PARTS];
};

/* Takes the headers of a file of `file_size` bytes apart; `bytes` is its beginning. Any input is safe. */
NTSTATUS mm_image_parse(const uint8_t *bytes, size_t length, uint64_t file_size, struct mm_image *image);
/* Reads the headers from the beginning of `from`, which is `size` bytes long: the file itself (of `file_size` bytes) or
 * a copy that mm_image_load made. *image is memory of its own (mm_image_free). */
NTSTATUS mm_image_open(int from, uint64_t size, uint64_t file_size, struct mm_image **image);
void mm_image_free(struct mm_image *image);
/* The image's pages as they are before anything is written, in a memory file. */
NTSTATUS mm_image_load(const struct mm_image *image, int file, int *memory);
/* Gives each page of a view its kind and access: `base` is a copy-on-write mapping of the first `size` bytes of
 * `memory`. 0 or -errno; some pages may then be done. */
int mm_image_arrange(const struct mm_image *image, int memory, void *base, size_t size, bool executable);
/* The part's protection in a view; without the right to execute when the section was made so. */
ULONG mm_image_protect(const struct mm_image_part *part, bool executable);
/* Pages that a view can make its own by writing. */
size_t mm_image_writable_pages(const struct mm_image *image);

#endif
