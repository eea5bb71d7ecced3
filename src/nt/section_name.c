/* section_name.c: names of sections within the process: a list of \BaseNamedObjects. Calls ob. */
#include "nt/section.h"

#include <stdlib.h>
#include <string.h>

#include "host/lock.h"

struct name {
    struct name *next;
    struct nt_section *section; /* not referenced: withdrawn before its last handle is forgotten */
    size_t length;              /* characters */
    WCHAR text[];
};

static struct {
    host_lock lock; /* D */
    struct name *names;
} name_state = {.lock = HOST_LOCK(RANK_DIRECTORY)};

/* The part behind \BaseNamedObjects\, case-sensitive. */
static NTSTATUS parse(const OBJECT_ATTRIBUTES *attributes, const WCHAR **text, size_t *length)
{
    static const char directory[] = "\\BaseNamedObjects\\";
    const size_t prefix = sizeof(directory) - 1;
    const UNICODE_STRING *name = attributes->ObjectName;
    size_t count = name->Length / sizeof(WCHAR);
    if (attributes->Length < sizeof(*attributes))
        return STATUS_INVALID_PARAMETER;
    if (count == 0 || name->Length % sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    if (name->Buffer[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (count <= prefix)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    for (size_t i = 0; i < prefix; i++)
        if (name->Buffer[i] != (WCHAR)directory[i])
            return STATUS_OBJECT_PATH_NOT_FOUND;
    for (size_t i = prefix; i < count; i++)
        if (name->Buffer[i] == '\\')
            return STATUS_OBJECT_PATH_NOT_FOUND;
    *text = name->Buffer + prefix;
    *length = count - prefix;
    return STATUS_SUCCESS;
}

static struct name *find_locked(const WCHAR *text, size_t length)
{
    host_lock_assert(&name_state.lock);
    for (struct name *name = name_state.names; name; name = name->next)
        if (name->length == length && memcmp(name->text, text, length * sizeof(WCHAR)) == 0)
            return name;
    return NULL;
}

NTSTATUS nt_section_publish(struct nt_section *made, const OBJECT_ATTRIBUTES *attributes, struct nt_section **existing)
{
    const WCHAR *text;
    size_t length;
    NTSTATUS status = parse(attributes, &text, &length);
    if (!NT_SUCCESS(status))
        return status;
    struct name *name = malloc(sizeof(*name) + length * sizeof(WCHAR));
    if (!name)
        return STATUS_NO_MEMORY;
    name->section = made;
    name->length = length;
    memcpy(name->text, text, length * sizeof(WCHAR));
    host_lock_acquire(&name_state.lock);
    struct name *other = find_locked(text, length);
    if (other) {
        *existing = other->section;
        ob_reference(&other->section->object);
        status = STATUS_OBJECT_NAME_COLLISION;
    } else {
        name->next = name_state.names;
        name_state.names = name;
        made->name = name;
        name = NULL;
    }
    host_lock_release(&name_state.lock);
    free(name);
    return status;
}

NTSTATUS nt_section_find(const OBJECT_ATTRIBUTES *attributes, struct nt_section **found)
{
    const WCHAR *text;
    size_t length;
    NTSTATUS status = parse(attributes, &text, &length);
    if (!NT_SUCCESS(status))
        return status;
    host_lock_acquire(&name_state.lock);
    struct name *name = find_locked(text, length);
    if (name) {
        *found = name->section;
        ob_reference(&name->section->object);
    }
    host_lock_release(&name_state.lock);
    return name ? STATUS_SUCCESS : (NTSTATUS)STATUS_OBJECT_NAME_NOT_FOUND;
}

void nt_section_withdraw(struct nt_section *section)
{
    struct name *gone = NULL;
    host_lock_acquire(&name_state.lock);
    for (struct name **link = &name_state.names; *link; link = &(*link)->next) {
        /* An open that came between the last handle's end and here has made it living again. */
        if ((*link)->section == section && atomic_load(&section->object.handles) == 0) {
            gone = *link;
            *link = gone->next;
            section->name = NULL;
            break;
        }
    }
    host_lock_release(&name_state.lock);
    free(gone);
}
