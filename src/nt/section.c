/* section.c: the Nt calls of sections: handles to sections and files, rights, shapes of arguments. Calls mm and ob;
 * sets no last error. */
#include "nt/section.h"

#include "host/own.h"
#include "mm/image.h"
#include "mm/section.h"
#include "nt/probe.h"
#include "ob/file.h"

static void section_destroy(struct ob_object *object)
{
    struct nt_section *section = (struct nt_section *)object;
    mm_section_dereference(section->section);
    host_own_give(section);
}

static void section_last_handle(struct ob_object *object)
{
    struct nt_section *section = (struct nt_section *)object;
    if (section->name)
        nt_section_withdraw(section);
}

const struct ob_type nt_section_type = {
    .name = "Section",
    .valid_access = SECTION_ALL_ACCESS | SECTION_MAP_EXECUTE_EXPLICIT | SYNCHRONIZE,
    .mapping = {.GenericRead = STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                .GenericWrite = STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                .GenericExecute = STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE,
                .GenericAll = SECTION_ALL_ACCESS},
    .destroy = section_destroy,
    .last_handle = section_last_handle,
};

struct nt_section *nt_section_wrap(struct mm_section *section)
{
    struct nt_section *object = host_own_take(sizeof(*object));
    if (!object)
        return NULL;
    ob_init(&object->object, &nt_section_type);
    object->section = section;
    object->name = NULL;
    return object;
}

/* What the file's handle must allow for a section of this protection. */
static ACCESS_MASK file_access(ULONG protect)
{
    switch (protect & 0xff) {
    case PAGE_READWRITE:
        return FILE_READ_DATA | FILE_WRITE_DATA;
    case PAGE_EXECUTE:
        return FILE_EXECUTE;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        return FILE_READ_DATA | FILE_EXECUTE;
    case PAGE_EXECUTE_READWRITE:
        return FILE_READ_DATA | FILE_WRITE_DATA | FILE_EXECUTE;
    default:
        return FILE_READ_DATA;
    }
}

static void release_file(void *owner)
{
    struct ob_file *file = owner;
    ob_dereference(&file->object);
}

static NTSTATUS create_on_file(HANDLE handle, uint64_t size, ULONG protect, ULONG attributes,
                               struct mm_section **section)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, file_access(protect), &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct ob_file *file = (struct ob_file *)object;
    const struct mm_section_file backing = {
        .fd = file->fd, .writable = file->writable, .owner = file, .release = release_file};
    status = mm_section_create(size, protect, attributes, &backing, section);
    if (!NT_SUCCESS(status))
        ob_dereference(object);
    return status;
}

static unsigned handle_flags(const OBJECT_ATTRIBUTES *attributes)
{
    return attributes && attributes->Attributes & OBJ_INHERIT ? OB_INHERIT : 0;
}

/* The attributes of an object and its name, as far as they reach. */
static NTSTATUS probe_attributes(const OBJECT_ATTRIBUTES *attributes)
{
    NTSTATUS status = attributes ? nt_probe_read(attributes, sizeof *attributes) : STATUS_SUCCESS;
    if (status || !attributes)
        return status;
    if (attributes->Length != sizeof *attributes)
        return STATUS_INVALID_PARAMETER;
    if (!attributes->ObjectName)
        return STATUS_SUCCESS;
    const UNICODE_STRING *name = attributes->ObjectName;
    status = nt_probe_read(name, sizeof *name);
    return status ? status : nt_probe_read(name->Buffer, name->Length);
}

static bool named(const OBJECT_ATTRIBUTES *attributes)
{
    return attributes && attributes->ObjectName && attributes->ObjectName->Length;
}

/* A handle to the new object, or to the one that has its name already. */
static NTSTATUS publish(struct nt_section *made, const OBJECT_ATTRIBUTES *attributes, ACCESS_MASK access,
                        HANDLE *handle)
{
    struct nt_section *existing = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (named(attributes))
        status = nt_section_publish(made, attributes, &existing);
    if (!existing && !NT_SUCCESS(status))
        return status;
    if (existing && !(attributes->Attributes & OBJ_OPENIF)) {
        ob_dereference(&existing->object);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    struct nt_section *chosen = existing ? existing : made;
    status =
        ob_create_handle(&chosen->object, ob_map_access(&nt_section_type, access), handle_flags(attributes), handle);
    if (!NT_SUCCESS(status) && !existing && made->name)
        nt_section_withdraw(made);
    if (!existing)
        return status;
    ob_dereference(&existing->object);
    return NT_SUCCESS(status) ? (NTSTATUS)STATUS_OBJECT_NAME_EXISTS : status;
}

/* The new section goes where its handle goes, or away. */
static NTSTATUS give_handle(struct mm_section *section, const OBJECT_ATTRIBUTES *attributes, ACCESS_MASK access,
                            HANDLE *result)
{
    HANDLE handle;
    struct nt_section *object = nt_section_wrap(section);
    if (!object) {
        mm_section_dereference(section);
        return STATUS_NO_MEMORY;
    }
    NTSTATUS status = publish(object, attributes, access, &handle);
    ob_dereference(&object->object);
    if (NT_SUCCESS(status))
        *result = handle;
    return status;
}

NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                               PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
                               HANDLE FileHandle)
{
    uint64_t size = 0;
    struct mm_section *section;
    NTSTATUS status = mm_section_check(SectionPageProtection, AllocationAttributes, FileHandle != NULL);
    if (NT_SUCCESS(status))
        status = nt_probe_write(SectionHandle, sizeof(*SectionHandle));
    if (NT_SUCCESS(status) && MaximumSize)
        status = nt_copy(&size, MaximumSize, sizeof(size));
    if (NT_SUCCESS(status))
        status = probe_attributes(ObjectAttributes);
    if (!NT_SUCCESS(status))
        return status;
    if ((int64_t)size < 0)
        return FileHandle ? STATUS_SECTION_TOO_BIG : STATUS_INVALID_PARAMETER_4;
    if (FileHandle)
        status = create_on_file(FileHandle, size, SectionPageProtection, AllocationAttributes, &section);
    else
        status = mm_section_create(size, SectionPageProtection, AllocationAttributes, NULL, &section);
    return NT_SUCCESS(status) ? give_handle(section, ObjectAttributes, DesiredAccess, SectionHandle) : status;
}

/* A section of physical pages (AllocateUserPhysicalPages puts them in): no file, no size, no flags that we know. */
static NTSTATUS create_physical(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
                                ULONG64 flags)
{
    LARGE_INTEGER size = {0};
    struct mm_section *section;
    NTSTATUS status = nt_probe_write(SectionHandle, sizeof(*SectionHandle));
    if (NT_SUCCESS(status) && MaximumSize)
        status = nt_copy(&size, MaximumSize, sizeof(size));
    if (NT_SUCCESS(status))
        status = probe_attributes(ObjectAttributes);
    if (!NT_SUCCESS(status))
        return status;
    if (flags || size.QuadPart || SectionPageProtection != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER;
    if (AllocationAttributes == (SEC_RESERVE | SEC_LARGE_PAGES))
        return STATUS_PRIVILEGE_NOT_HELD; /* as for other sections */
    if (AllocationAttributes != SEC_RESERVE)
        return STATUS_INVALID_PARAMETER;
    status = mm_section_create_physical(&section);
    return NT_SUCCESS(status) ? give_handle(section, ObjectAttributes, DesiredAccess, SectionHandle) : status;
}

NTSTATUS NTAPI NtCreateSectionEx(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                 PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes,
                                 HANDLE FileHandle, MEM_EXTENDED_PARAMETER *ExtendedParameters,
                                 ULONG ExtendedParameterCount)
{
    if (ExtendedParameterCount && !ExtendedParameters)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = nt_probe_read(ExtendedParameters, ExtendedParameterCount * sizeof(*ExtendedParameters));
    if (status)
        return status;
    /* A node is a preference that the kernel's first-touch placement serves. */
    const MEM_EXTENDED_PARAMETER *physical = NULL;
    for (ULONG i = 0; i < ExtendedParameterCount; i++) {
        if (ExtendedParameters[i].Type == MemSectionExtendedParameterUserPhysicalFlags && !physical && !FileHandle)
            physical = &ExtendedParameters[i];
        else if (ExtendedParameters[i].Type != MemSectionExtendedParameterNumaNode)
            return STATUS_INVALID_PARAMETER;
    }
    if (physical)
        return create_physical(SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize, SectionPageProtection,
                               AllocationAttributes, physical->ULong64);
    return NtCreateSection(SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize, SectionPageProtection,
                           AllocationAttributes, FileHandle);
}

NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    struct nt_section *section;
    HANDLE handle;
    NTSTATUS status = nt_probe_write(SectionHandle, sizeof(*SectionHandle));
    if (NT_SUCCESS(status))
        status = ObjectAttributes ? probe_attributes(ObjectAttributes) : (NTSTATUS)STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    if (!named(ObjectAttributes))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = nt_section_find(ObjectAttributes, &section);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open_handle(&section->object, ob_map_access(&nt_section_type, DesiredAccess),
                            handle_flags(ObjectAttributes), &handle);
    ob_dereference(&section->object);
    if (NT_SUCCESS(status))
        *SectionHandle = handle;
    return status;
}

NTSTATUS NTAPI NtExtendSection(HANDLE SectionHandle, PLARGE_INTEGER NewSectionSize)
{
    struct ob_object *object;
    NTSTATUS status = nt_probe_write(NewSectionSize, sizeof(*NewSectionSize));
    if (!NT_SUCCESS(status))
        return status;
    uint64_t size = (uint64_t)NewSectionSize->QuadPart;
    status = ob_lookup(SectionHandle, &nt_section_type, SECTION_EXTEND_SIZE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = mm_section_extend(((struct nt_section *)object)->section, &size);
    ob_dereference(object);
    if (NT_SUCCESS(status))
        NewSectionSize->QuadPart = (LONGLONG)size;
    return status;
}

static NTSTATUS query_image(const struct mm_image *image, SECTION_IMAGE_INFORMATION *information, PSIZE_T returned)
{
    if (!image)
        return STATUS_SECTION_NOT_IMAGE;
    *information = (SECTION_IMAGE_INFORMATION){
        .TransferAddress = (PVOID)(uintptr_t)image->entry,
        .MaximumStackSize = image->stack_reserve,
        .CommittedStackSize = image->stack_commit,
        .SubSystemType = image->subsystem,
        .SubSystemMajorVersion = image->subsystem_major,
        .SubSystemMinorVersion = image->subsystem_minor,
        .MajorOperatingSystemVersion = image->system_major,
        .MinorOperatingSystemVersion = image->system_minor,
        .ImageCharacteristics = image->characteristics,
        .DllCharacteristics = image->dll_characteristics,
        .Machine = image->machine,
        .ImageContainsCode = image->contains_code,
        .LoaderFlags = image->loader_flags,
        .ImageFileSize = image->file_size,
        .CheckSum = image->checksum,
    };
    if (returned)
        *returned = sizeof(*information);
    return STATUS_SUCCESS;
}

/* Where the image wants to be, and how far from there it is put: not at all, as views are not relocated. */
static NTSTATUS query_place(const struct mm_image *image, SECTION_INFORMATION_CLASS class, ULONG_PTR *information,
                            PSIZE_T returned)
{
    if (!image)
        return STATUS_SECTION_NOT_IMAGE;
    *information = class == SectionOriginalBaseInformation ? image->base : 0;
    if (returned)
        *returned = sizeof(*information);
    return STATUS_SUCCESS;
}

/* 0: no such class. */
static SIZE_T least_of(SECTION_INFORMATION_CLASS class)
{
    switch (class) {
    case SectionBasicInformation:
        return sizeof(SECTION_BASIC_INFORMATION);
    case SectionImageInformation:
        return sizeof(SECTION_IMAGE_INFORMATION);
    case SectionRelocationInformation:
    case SectionOriginalBaseInformation:
        return sizeof(ULONG_PTR);
    default:
        return 0;
    }
}

NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle, SECTION_INFORMATION_CLASS SectionInformationClass,
                              PVOID SectionInformation, SIZE_T SectionInformationLength, PSIZE_T ReturnLength)
{
    struct ob_object *object;
    struct mm_section_information section;
    const SIZE_T least = least_of(SectionInformationClass);
    if (least == 0)
        return STATUS_INVALID_INFO_CLASS;
    bool image = SectionInformationClass != SectionBasicInformation;
    if (SectionInformationLength < least)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_probe_write(SectionInformation, SectionInformationLength);
    if (NT_SUCCESS(status) && ReturnLength)
        status = nt_probe_write(ReturnLength, sizeof(*ReturnLength));
    if (!NT_SUCCESS(status))
        return status;
    status = ob_lookup(SectionHandle, &nt_section_type, SECTION_QUERY, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    mm_section_query(((struct nt_section *)object)->section, &section);
    if (SectionInformationClass == SectionImageInformation)
        status = query_image(section.image, SectionInformation, ReturnLength);
    else if (image)
        status = query_place(section.image, SectionInformationClass, SectionInformation, ReturnLength);
    ob_dereference(object);
    if (image)
        return status;
    SECTION_BASIC_INFORMATION *basic = SectionInformation;
    basic->BaseAddress = NULL;
    basic->AllocationAttributes = section.attributes;
    basic->MaximumSize.QuadPart = (LONGLONG)section.size;
    if (ReturnLength)
        *ReturnLength = sizeof(*basic);
    return STATUS_SUCCESS;
}
