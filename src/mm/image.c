/* image.c: PE files taken apart and laid out for SEC_IMAGE sections. See image.h; the format is Microsoft's "PE
 * Format". Calls host. What it reads is hostile: every number is checked against the file before it is used. */
#include "mm/image.h"

#include "host/aio.h"
#include "host/memory.h"
#include "host/section.h"
#include "mm/region.h"

#include <string.h>

#define HEADER_BYTES ((size_t)16 << 10) /* headers that do not end here are refused */

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static bool power_of_two(uint64_t value)
{
    return value && (value & (value - 1)) == 0;
}

static ULONG protect_of(DWORD characteristics)
{
    bool execute = characteristics & IMAGE_SCN_MEM_EXECUTE;
    if (characteristics & IMAGE_SCN_MEM_WRITE) {
        if (characteristics & IMAGE_SCN_MEM_SHARED)
            return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
        return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    }
    if (characteristics & IMAGE_SCN_MEM_READ)
        return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return execute ? PAGE_EXECUTE : PAGE_NOACCESS;
}

/* The numbers that both optional headers have, in one width. */
struct optional {
    uint64_t base;
    uint32_t alignment, file_alignment, size, headers, entry;
};

static struct optional take_optional(const uint8_t *bytes, bool wide, struct mm_image *image)
{
    IMAGE_OPTIONAL_HEADER32 narrow;
    IMAGE_OPTIONAL_HEADER64 full;
    memcpy(&narrow, bytes, sizeof narrow);
    memcpy(&full, bytes, wide ? sizeof full : sizeof narrow);
    /* From SectionAlignment to DllCharacteristics the two are the same, byte for byte. */
    image->checksum = full.CheckSum;
    image->dll_characteristics = full.DllCharacteristics;
    image->subsystem = full.Subsystem;
    image->subsystem_major = full.MajorSubsystemVersion;
    image->subsystem_minor = full.MinorSubsystemVersion;
    image->system_major = full.MajorOperatingSystemVersion;
    image->system_minor = full.MinorOperatingSystemVersion;
    image->stack_reserve = wide ? full.SizeOfStackReserve : narrow.SizeOfStackReserve;
    image->stack_commit = wide ? full.SizeOfStackCommit : narrow.SizeOfStackCommit;
    image->loader_flags = wide ? full.LoaderFlags : narrow.LoaderFlags;
    image->contains_code = full.SizeOfCode != 0;
    return (struct optional){.base = wide ? full.ImageBase : narrow.ImageBase,
                             .alignment = full.SectionAlignment,
                             .file_alignment = full.FileAlignment,
                             .size = full.SizeOfImage,
                             .headers = full.SizeOfHeaders,
                             .entry = full.AddressOfEntryPoint};
}

static bool optional_is_sound(const struct optional *optional, uint64_t file_size)
{
    if (!power_of_two(optional->alignment) || !power_of_two(optional->file_alignment))
        return false;
    if (optional->alignment < MM_PAGE && optional->alignment != optional->file_alignment)
        return false;
    return optional->base % MM_GRANULE == 0 && optional->base < (uint64_t)1 << 47 && optional->size != 0 &&
           optional->size <= 0x7fffffffu && optional->headers != 0 && optional->headers <= file_size &&
           optional->headers <= optional->size;
}

static struct mm_image_part *add_part(struct mm_image *image, uint64_t start, uint64_t size, ULONG protect)
{
    struct mm_image_part *part = &image->part[image->count++];
    *part = (struct mm_image_part){.start = (uint32_t)start, .size = (uint32_t)size, .protect = protect};
    return part;
}

/* Images whose sections are aligned to less than a page are mapped as the file lies. */
static NTSTATUS lay_flat(const struct optional *optional, struct mm_image *image, uint64_t file_size)
{
    image->size = (uint32_t)round_up(optional->size, MM_PAGE);
    struct mm_image_part *part = add_part(image, 0, image->size, PAGE_EXECUTE_WRITECOPY);
    part->length = optional->size < file_size ? optional->size : (uint32_t)file_size;
    return STATUS_SUCCESS;
}

static bool add_section(struct mm_image *image, const IMAGE_SECTION_HEADER *section, uint64_t *next, uint64_t unit,
                        uint64_t file_size)
{
    uint64_t raw = section->PointerToRawData ? section->SizeOfRawData : 0;
    uint64_t wanted = section->Misc.VirtualSize ? section->Misc.VirtualSize : section->SizeOfRawData;
    uint64_t size = round_up(wanted, unit);
    /* The low bits of a place in the file do not count: files are mapped by sectors. */
    uint64_t offset = section->PointerToRawData & ~(uint64_t)0x1ff;
    if (section->VirtualAddress != *next || size == 0 || *next + size > 0x7fffffffu || offset + raw > file_size)
        return false;
    struct mm_image_part *part = add_part(image, *next, size, protect_of(section->Characteristics));
    part->offset = (uint32_t)offset;
    part->length = (uint32_t)(raw < size ? raw : size);
    part->shared = section->Characteristics & IMAGE_SCN_MEM_SHARED && section->Characteristics & IMAGE_SCN_MEM_WRITE;
    *next += size;
    return true;
}

static NTSTATUS lay_out(const uint8_t *table, unsigned sections, const struct optional *optional, uint64_t file_size,
                        struct mm_image *image)
{
    if (optional->alignment < MM_PAGE)
        return lay_flat(optional, image, file_size);
    uint64_t next = round_up(optional->headers, optional->alignment);
    add_part(image, 0, next, PAGE_READONLY)->length = optional->headers;
    for (unsigned i = 0; i < sections; i++) {
        IMAGE_SECTION_HEADER section;
        memcpy(&section, table + (size_t)i * sizeof section, sizeof section);
        if (!add_section(image, &section, &next, optional->alignment, file_size))
            return STATUS_INVALID_IMAGE_FORMAT;
    }
    if (next != round_up(optional->size, optional->alignment))
        return STATUS_INVALID_IMAGE_FORMAT;
    image->size = (uint32_t)next;
    return STATUS_SUCCESS;
}

static bool known_machine(WORD machine)
{
    return machine == IMAGE_FILE_MACHINE_AMD64 || machine == IMAGE_FILE_MACHINE_I386 ||
           machine == IMAGE_FILE_MACHINE_ARM64 || machine == IMAGE_FILE_MACHINE_ARMNT;
}

static NTSTATUS parse_headers(const uint8_t *bytes, size_t length, size_t at, uint64_t file_size,
                              struct mm_image *image)
{
    IMAGE_FILE_HEADER file;
    WORD magic;
    if (at + sizeof file + sizeof(IMAGE_OPTIONAL_HEADER64) > length)
        return STATUS_INVALID_IMAGE_FORMAT;
    memcpy(&file, bytes + at, sizeof file);
    memcpy(&magic, bytes + at + sizeof file, sizeof magic);
    bool wide = magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    size_t least = offsetof(IMAGE_OPTIONAL_HEADER32, DataDirectory);
    if (wide)
        least = offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory);
    size_t table = at + sizeof file + file.SizeOfOptionalHeader;
    if ((!wide && magic != IMAGE_NT_OPTIONAL_HDR32_MAGIC) || file.SizeOfOptionalHeader < least ||
        !known_machine(file.Machine) || !(file.Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) ||
        file.NumberOfSections >= MM_IMAGE_PARTS ||
        table + file.NumberOfSections * sizeof(IMAGE_SECTION_HEADER) > length)
        return STATUS_INVALID_IMAGE_FORMAT;
    struct optional optional = take_optional(bytes + at + sizeof file, wide, image);
    if (!optional_is_sound(&optional, file_size))
        return STATUS_INVALID_IMAGE_FORMAT;
    image->machine = file.Machine;
    image->characteristics = file.Characteristics;
    image->base = optional.base;
    image->entry = optional.entry ? optional.base + optional.entry : 0;
    return lay_out(bytes + table, file.NumberOfSections, &optional, file_size, image);
}

/* What stands where a PE signature should: a file for an older system. */
static NTSTATUS other_format(DWORD signature)
{
    switch (signature & 0xffff) {
    case IMAGE_OS2_SIGNATURE:
        return STATUS_INVALID_IMAGE_NE_FORMAT;
    case IMAGE_OS2_SIGNATURE_LE:
        return STATUS_INVALID_IMAGE_LE_FORMAT;
    default:
        return STATUS_INVALID_IMAGE_PROTECT;
    }
}

NTSTATUS mm_image_parse(const uint8_t *bytes, size_t length, uint64_t file_size, struct mm_image *image)
{
    IMAGE_DOS_HEADER dos;
    DWORD signature;
    *image = (struct mm_image){0};
    if (length < 2 || bytes[0] != 'M' || bytes[1] != 'Z')
        return STATUS_INVALID_IMAGE_NOT_MZ;
    if (length < sizeof dos)
        return STATUS_INVALID_IMAGE_PROTECT;
    memcpy(&dos, bytes, sizeof dos);
    if (dos.e_lfanew < 0 || (size_t)dos.e_lfanew + sizeof signature > length)
        return STATUS_INVALID_IMAGE_PROTECT;
    memcpy(&signature, bytes + dos.e_lfanew, sizeof signature);
    if (signature != IMAGE_NT_SIGNATURE)
        return other_format(signature);
    image->file_size = file_size < UINT32_MAX ? (uint32_t)file_size : UINT32_MAX;
    return parse_headers(bytes, length, (size_t)dos.e_lfanew + sizeof signature, file_size, image);
}

/* ---- files ---- */

struct opened {
    struct mm_image image;
    uint8_t header[HEADER_BYTES];
};
#define OPENED_SIZE ((sizeof(struct opened) + MM_PAGE - 1) & ~(MM_PAGE - 1))

NTSTATUS mm_image_open(int from, uint64_t size, uint64_t file_size, struct mm_image **image)
{
    void *memory = NULL;
    if (host_pages_map(&memory, OPENED_SIZE) != 0)
        return STATUS_NO_MEMORY;
    struct opened *opened = memory;
    size_t length = size < HEADER_BYTES ? (size_t)size : HEADER_BYTES;
    NTSTATUS status = STATUS_UNEXPECTED_IO_ERROR;
    if (host_file_read(from, opened->header, (uint32_t)length, 0) == 0)
        status = mm_image_parse(opened->header, length, file_size, &opened->image);
    if (NT_SUCCESS(status))
        *image = &opened->image;
    else
        mm_image_free(&opened->image);
    return status;
}

void mm_image_free(struct mm_image *image)
{
    if (image)
        host_pages_unmap(image, OPENED_SIZE);
}

NTSTATUS mm_image_load(const struct mm_image *image, int file, int *memory)
{
    int fd;
    void *base = NULL;
    if (host_memfile_create("image", image->size, &fd) != 0)
        return STATUS_NO_MEMORY;
    int error = host_file_map(&base, image->size, fd, 0, HOST_READ | HOST_WRITE, false, HOST_ANYWHERE);
    for (unsigned i = 0; i < image->count && !error; i++) {
        const struct mm_image_part *part = &image->part[i];
        if (part->length)
            error = host_file_read(file, (char *)base + part->start, part->length, part->offset);
    }
    if (base)
        host_pages_unmap(base, image->size);
    if (error) {
        host_memfile_close(fd);
        return STATUS_UNEXPECTED_IO_ERROR;
    }
    *memory = fd;
    return STATUS_SUCCESS;
}

ULONG mm_image_protect(const struct mm_image_part *part, bool executable)
{
    if (executable)
        return part->protect;
    switch (part->protect) {
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        return PAGE_READONLY;
    case PAGE_EXECUTE_READWRITE:
        return PAGE_READWRITE;
    case PAGE_EXECUTE_WRITECOPY:
        return PAGE_WRITECOPY;
    default:
        return part->protect;
    }
}

int mm_image_arrange(const struct mm_image *image, int memory, void *base, size_t size, bool executable)
{
    int error = 0;
    for (unsigned i = 0; i < image->count && image->part[i].start < size && !error; i++) {
        const struct mm_image_part *part = &image->part[i];
        size_t length = part->size < size - part->start ? part->size : size - part->start;
        void *at = (char *)base + part->start;
        unsigned attributes = 0;
        protection_parse(mm_image_protect(part, executable), &attributes);
        unsigned access = protection_access(attributes);
        error = part->shared ? host_file_map(&at, length, memory, part->start, access, false, HOST_OVER)
                             : host_protect(at, length, access);
    }
    return error;
}

size_t mm_image_writable_pages(const struct mm_image *image)
{
    size_t pages = 0;
    for (unsigned i = 0; i < image->count; i++)
        if (image->part[i].protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY))
            pages += image->part[i].size / MM_PAGE;
    return pages;
}
