/* objectname.c: see objectname.h. Calls ob, of which it asks what a handle is. */
#include "nt/objectname.h"

#include "ob/ob.h"

#define BASE_LENGTH (sizeof("\\BaseNamedObjects") - 1)

/* Handles of directories are not given out: a root is none, whatever it is. */
static NTSTATUS not_a_root(HANDLE root)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(root, NULL, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(object);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

/* The root and \BaseNamedObjects are there, and are directories. */
static NTSTATUS is_directory(const OBJECT_ATTRIBUTES *attributes, bool make)
{
    return make && !(attributes->Attributes & OBJ_OPENIF) ? STATUS_OBJECT_NAME_COLLISION : STATUS_OBJECT_TYPE_MISMATCH;
}

static bool has_separator(const WCHAR *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\\')
            return true;
    return false;
}

/* Of a name that begins in the root: what lies in no directory of ours, or in a part without a name. */
static NTSTATUS check_path(const OBJECT_ATTRIBUTES *attributes, bool make, const WCHAR *text, size_t length)
{
    static const char base[] = "\\BaseNamedObjects";
    size_t same = 0;
    if (length == 1)
        return is_directory(attributes, make);
    if (text[1] == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    while (same < BASE_LENGTH && same < length && text[same] == (WCHAR)base[same])
        same++;
    if (same < BASE_LENGTH || (length > BASE_LENGTH && text[BASE_LENGTH] != '\\'))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (length == BASE_LENGTH)
        return is_directory(attributes, make);
    if (length == BASE_LENGTH + 1 || text[BASE_LENGTH + 1] == '\\')
        return STATUS_OBJECT_NAME_INVALID;
    return has_separator(text + BASE_LENGTH + 1, length - BASE_LENGTH - 1) ? STATUS_OBJECT_PATH_NOT_FOUND
                                                                           : STATUS_SUCCESS;
}

NTSTATUS nt_object_name(const OBJECT_ATTRIBUTES *attributes, bool make, const WCHAR **text, size_t *length)
{
    *text = NULL;
    *length = 0;
    if (attributes->Length != sizeof *attributes)
        return STATUS_INVALID_PARAMETER;
    const UNICODE_STRING *name = attributes->ObjectName;
    if (!name || !name->Length)
        return STATUS_SUCCESS;
    if (name->Length % sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    if (attributes->RootDirectory)
        return not_a_root(attributes->RootDirectory);
    size_t count = name->Length / sizeof(WCHAR);
    if (name->Buffer[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    NTSTATUS status = check_path(attributes, make, name->Buffer, count);
    if (!NT_SUCCESS(status))
        return status;
    *text = name->Buffer + BASE_LENGTH + 1;
    *length = count - BASE_LENGTH - 1;
    return STATUS_SUCCESS;
}
