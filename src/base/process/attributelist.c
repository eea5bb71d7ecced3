/* attributelist.c: lists of attributes for CreateProcess. A list keeps where the values are, not the values: they must
 * last as long as the list, as on Windows. */
#include "base/process/attributelist.h"

#include <string.h>
#include <winbase.h>

#include "base/base.h"
#include "win32/win32.h"

struct attribute {
    DWORD_PTR attribute;
    SIZE_T size;
    void *value;
};

struct _PROC_THREAD_ATTRIBUTE_LIST {
    DWORD present; /* a bit for every attribute that is in it */
    DWORD room, count;
    DWORD reserved;
    void *unused;
    struct attribute attribute[];
};

#define MOST_ATTRIBUTES 32u
#define NUMBER(attribute) ((unsigned)(attribute)&PROC_THREAD_ATTRIBUTE_NUMBER)

BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList, DWORD dwAttributeCount,
                                              DWORD dwFlags, PSIZE_T lpSize)
{
    SIZE_T size = sizeof(*lpAttributeList) + dwAttributeCount * sizeof(struct attribute);
    if (dwFlags || dwAttributeCount > MOST_ATTRIBUTES || !lpSize)
        return win32_error(ERROR_INVALID_PARAMETER);
    bool fits = lpAttributeList && *lpSize >= size;
    *lpSize = size;
    if (!fits)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    memset(lpAttributeList, 0, size);
    lpAttributeList->room = dwAttributeCount;
    return TRUE;
}

VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList)
{
    (void)lpAttributeList; /* the memory is the caller's */
}

/* The size that the value must have; 0: the attribute is not known here. Lists are whole handles, at least one. */
static bool size_fits(DWORD_PTR attribute, SIZE_T size, bool *known)
{
    *known = true;
    switch (attribute) {
    case PROC_THREAD_ATTRIBUTE_PARENT_PROCESS:
        return size == sizeof(HANDLE);
    case PROC_THREAD_ATTRIBUTE_HANDLE_LIST:
    case PROC_THREAD_ATTRIBUTE_JOB_LIST:
        return size && size % sizeof(HANDLE) == 0;
    case PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY:
        return size == sizeof(GROUP_AFFINITY);
    case PROC_THREAD_ATTRIBUTE_PREFERRED_NODE:
        return size == sizeof(WORD);
    case PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR:
        return size == sizeof(PROCESSOR_NUMBER);
    case PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY:
        return size == 4 || size == 8 || size == 16;
    case PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY:
    case PROC_THREAD_ATTRIBUTE_DESKTOP_APP_POLICY:
        return size == sizeof(DWORD);
    case PROC_THREAD_ATTRIBUTE_MACHINE_TYPE:
        return size == sizeof(WORD);
    default:
        *known = false;
        return false;
    }
}

BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList, DWORD dwFlags, DWORD_PTR Attribute,
                                      PVOID lpValue, SIZE_T cbSize, PVOID lpPreviousValue, PSIZE_T lpReturnSize)
{
    bool known;
    if (dwFlags || lpPreviousValue || lpReturnSize || !lpAttributeList)
        return win32_error(ERROR_INVALID_PARAMETER);
    bool fits = size_fits(Attribute, cbSize, &known);
    if (!known)
        return win32_error(ERROR_NOT_SUPPORTED);
    if (!fits)
        return win32_error(ERROR_BAD_LENGTH);
    DWORD bit = 1u << (NUMBER(Attribute) & 31);
    if (lpAttributeList->present & bit)
        return win32_error(ERROR_OBJECT_NAME_EXISTS);
    if (lpAttributeList->count == lpAttributeList->room)
        return win32_error(ERROR_GEN_FAILURE);
    lpAttributeList->present |= bit;
    lpAttributeList->attribute[lpAttributeList->count++] = (struct attribute){Attribute, cbSize, lpValue};
    return TRUE;
}

void *base_attribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD_PTR attribute, SIZE_T *size)
{
    for (DWORD i = 0; list && i < list->count && i < list->room; i++) {
        if (list->attribute[i].attribute == attribute) {
            *size = list->attribute[i].size;
            return list->attribute[i].value;
        }
    }
    return NULL;
}
