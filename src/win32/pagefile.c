/* pagefile.c: EnumPageFiles: the paging files, told to a callback. */
#include <psapi.h>
#include <stdint.h>
#include <winerror.h>

#include "host/utf.h"
#include "nt/pagefile.h"
#include "win32/win32.h"

static ENUM_PAGE_FILE_INFORMATION information_of(const struct nt_pagefile *file)
{
    return (ENUM_PAGE_FILE_INFORMATION){
        .cb = sizeof(ENUM_PAGE_FILE_INFORMATION),
        .TotalSize = file->size,
        .TotalInUse = file->in_use,
        .PeakUsage = file->peak,
    };
}

BOOL EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA callback, LPVOID context)
{
    struct nt_pagefile file;
    if (!callback)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (unsigned i = 0; nt_pagefile_get(i, &file); i++) {
        ENUM_PAGE_FILE_INFORMATION information = information_of(&file);
        if (!callback(context, &information, file.name))
            break;
    }
    return TRUE;
}
__attribute__((alias("EnumPageFilesA"))) BOOL K32EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA, LPVOID);

BOOL EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW callback, LPVOID context)
{
    struct nt_pagefile file;
    if (!callback)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (unsigned i = 0; nt_pagefile_get(i, &file); i++) {
        uint16_t name[256];
        ENUM_PAGE_FILE_INFORMATION information = information_of(&file);
        host_utf8_to_utf16(file.name, SIZE_MAX, name, 256, 0);
        if (!callback(context, &information, (LPCWSTR)name))
            break;
    }
    return TRUE;
}
__attribute__((alias("EnumPageFilesW"))) BOOL K32EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW, LPVOID);
