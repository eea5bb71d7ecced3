/* named.c: see named.h. Sets the last error. */
#include "base/sync/named.h"

#include <string.h>
#include <winerror.h>

#include "host/utf.h"
#include "win32/win32.h"

BOOL base_wide_name(LPCSTR text, struct base_name *name)
{
    name->text = NULL;
    if (!text)
        return TRUE;
    size_t length = strlen(text);
    name->length = host_utf8_to_utf16(text, length, (uint16_t *)name->buffer, MAX_PATH, 0);
    if (name->length > MAX_PATH)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    name->text = name->buffer;
    return TRUE;
}

struct base_name base_name_of(LPCWSTR text)
{
    struct base_name name;
    name.text = text;
    name.length = text ? host_utf16_length((const uint16_t *)text) : 0;
    return name;
}

HANDLE base_answer(NTSTATUS status, HANDLE handle, bool create)
{
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        SetLastError(ERROR_INVALID_HANDLE);
    else if (!NT_SUCCESS(status))
        SetLastError(RtlNtStatusToDosError(status));
    else if (create)
        SetLastError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return NT_SUCCESS(status) ? handle : NULL;
}

HANDLE base_create_object(const struct ob_class *class, LPSECURITY_ATTRIBUTES attributes, const struct base_name *name,
                          ACCESS_MASK access, void *initial)
{
    HANDLE handle = NULL;
    bool inherit = attributes && attributes->bInheritHandle;
    unsigned flags = inherit ? OB_INHERIT : 0;
    NTSTATUS status;
    if (name->text && name->length)
        status = ob_open_named(class, name->text, name->length, OB_CREATE, access, flags, initial, &handle);
    else
        status = ob_open_unnamed(class, inherit, access, flags, initial, &handle);
    return base_answer(status, handle, true);
}

HANDLE base_open_object(const struct ob_class *class, DWORD access, BOOL inherit, const struct base_name *name)
{
    HANDLE handle = NULL;
    if (!name->text)
        return base_answer(STATUS_INVALID_PARAMETER, NULL, false);
    NTSTATUS status =
        ob_open_named(class, name->text, name->length, OB_OPEN, access, inherit ? OB_INHERIT : 0, NULL, &handle);
    return base_answer(status, handle, false);
}
