/* section_name.c: names of sections: a list of \BaseNamedObjects for what this process has, and behind it the record
 * that all processes share (sectionlink). Calls ob. */
#include "nt/section.h"

#include <string.h>

#include "host/fork.h"
#include "host/lock.h"
#include "host/own.h"
#include "mm/section.h"
#include "nt/objectname.h"
#include "nt/sectionlink.h"

struct name {
    struct name *next;
    struct nt_section *section; /* not referenced: withdrawn before its last handle is forgotten */
    HANDLE link;                /* keeps the name for all processes */
    size_t length;              /* characters */
    WCHAR text[];
};

static struct {
    host_lock lock; /* D */
    struct name *names;
} name_state = {.lock = HOST_LOCK(RANK_DIRECTORY)};
/* held around the directory's own lock */
HOST_LOCK_AT_FORK(name_state.lock, RANK_DIRECTORY - 1)

static struct name *find_locked(const WCHAR *text, size_t length)
{
    host_lock_assert(&name_state.lock);
    for (struct name *name = name_state.names; name; name = name->next)
        if (name->length == length && memcmp(name->text, text, length * sizeof(WCHAR)) == 0)
            return name;
    return NULL;
}

static struct name *new_name(const WCHAR *text, size_t length)
{
    struct name *name = host_own_take(sizeof(*name) + length * sizeof(WCHAR));
    if (name) {
        name->length = length;
        memcpy(name->text, text, length * sizeof(WCHAR));
    }
    return name;
}

static void insert_locked(struct name *name, struct nt_section *section, HANDLE link)
{
    host_lock_assert(&name_state.lock);
    name->section = section;
    name->link = link;
    name->next = name_state.names;
    name_state.names = name;
    section->name = name;
}

/* A section that came from another process becomes an object of this one. */
static NTSTATUS adopt_locked(struct name *name, struct mm_section *section, HANDLE link, struct nt_section **object)
{
    *object = nt_section_wrap(section);
    if (!*object) {
        mm_section_dereference(section);
        ob_close_handle(link);
        return STATUS_NO_MEMORY;
    }
    insert_locked(name, *object, link);
    return STATUS_SUCCESS;
}

static NTSTATUS publish_locked(struct name *name, struct nt_section *made, struct nt_section **existing, bool *used)
{
    struct name *other = find_locked(name->text, name->length);
    struct mm_section *shared;
    HANDLE link;
    if (other) {
        *existing = other->section;
        ob_reference(&other->section->object);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    NTSTATUS status = nt_link_publish(name->text, name->length, made->section, &shared, &link);
    if (NT_SUCCESS(status)) {
        insert_locked(name, made, link);
        *used = true;
    } else if (status == STATUS_OBJECT_NAME_COLLISION) {
        NTSTATUS adopted = adopt_locked(name, shared, link, existing);
        *used = NT_SUCCESS(adopted);
        if (!NT_SUCCESS(adopted))
            status = adopted;
    }
    return status;
}

NTSTATUS nt_section_publish(struct nt_section *made, const OBJECT_ATTRIBUTES *attributes, struct nt_section **existing)
{
    const WCHAR *text;
    size_t length;
    NTSTATUS status = nt_object_name(attributes, true, &text, &length);
    if (!NT_SUCCESS(status))
        return status;
    struct name *name = new_name(text, length);
    bool used = false;
    if (!name)
        return STATUS_NO_MEMORY;
    host_lock_acquire(&name_state.lock);
    status = publish_locked(name, made, existing, &used);
    host_lock_release(&name_state.lock);
    if (!used)
        host_own_give(name);
    return status;
}

NTSTATUS nt_section_find(const OBJECT_ATTRIBUTES *attributes, struct nt_section **found)
{
    const WCHAR *text;
    size_t length;
    struct mm_section *shared;
    HANDLE link;
    NTSTATUS status = nt_object_name(attributes, false, &text, &length);
    if (!NT_SUCCESS(status))
        return status;
    struct name *fresh = new_name(text, length);
    if (!fresh)
        return STATUS_NO_MEMORY;
    host_lock_acquire(&name_state.lock);
    struct name *name = find_locked(text, length);
    if (name) {
        *found = name->section;
        ob_reference(&name->section->object);
    } else {
        status = nt_link_find(text, length, &shared, &link);
        if (NT_SUCCESS(status))
            status = adopt_locked(fresh, shared, link, found);
        if (NT_SUCCESS(status))
            fresh = NULL;
    }
    host_lock_release(&name_state.lock);
    host_own_give(fresh);
    return status;
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
    if (gone)
        ob_close_handle(gone->link);
    host_own_give(gone);
}
