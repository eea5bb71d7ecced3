/* pagefile.c: paging files told and created. Calls pager, host's options and host's reading of /proc. */
#define WIN32_NO_STATUS
#include <windef.h>

#include "nt/pagefile.h"

#include <limits.h>
#include <ntstatus.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winternl.h>

#include "host/options.h"
#include "host/proc.h"
#include "host/utf.h"
#include "mm/mm.h"
#include "pager/commit.h"
#include "pager/pager.h"

static bool own_file(struct nt_pagefile *file)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    if (commit_budget() == SIZE_MAX || s.file_maximum == 0)
        return false;
    snprintf(file->name, sizeof file->name, "%s", pager_file_name());
    file->size = s.file_maximum / MM_PAGE;
    file->in_use = s.file_in_use / MM_PAGE;
    file->peak = s.file_peak / MM_PAGE;
    return true;
}

/* Lines of /proc/swaps: name, type, KiB, KiB used, priority; the first line is the heading. */
static bool kernel_swap(unsigned index, struct nt_pagefile *file)
{
    char text[4096];
    if (host_read_text("/proc/swaps", text, sizeof text) <= 0)
        return false;
    char *line = strchr(text, '\n');
    for (; line && index; index--)
        line = strchr(line + 1, '\n');
    unsigned long long size, used;
    if (!line || sscanf(line + 1, "%255s %*s %llu %llu", file->name, &size, &used) != 3)
        return false;
    file->size = size * 1024 / MM_PAGE;
    file->in_use = file->peak = used * 1024 / MM_PAGE;
    return true;
}

bool nt_pagefile_get(unsigned index, struct nt_pagefile *file)
{
    *file = (struct nt_pagefile){.size = 0};
    bool own = own_file(file);
    if (own && index == 0)
        return true;
    return kernel_swap(index - own, file);
}

/* Names the paging file of this process. It is opened when first needed, so that a budget must be set, and paging not
 * begun; the smallest size is not reserved ahead. Name and sizes as Windows takes them. */
NTSTATUS NtCreatePagingFile(PUNICODE_STRING name, PLARGE_INTEGER minimum, PLARGE_INTEGER maximum, ULONG priority)
{
    char path[PATH_MAX], size[32];
    (void)priority;
    if (!name || !minimum || !maximum)
        return STATUS_ACCESS_VIOLATION;
    if (!name->Buffer || name->Length == 0 || name->Length % 2)
        return STATUS_OBJECT_NAME_INVALID;
    if (minimum->QuadPart < 256 * (LONGLONG)MM_PAGE)
        return STATUS_INVALID_PARAMETER_2;
    if (maximum->QuadPart < minimum->QuadPart)
        return STATUS_INVALID_PARAMETER_3;
    size_t length = host_utf16_to_utf8((const uint16_t *)name->Buffer, name->Length / 2, path, sizeof path - 1, 1);
    if (length == 0 || length >= sizeof path)
        return STATUS_OBJECT_NAME_INVALID;
    path[length] = 0;
    char *at = !strncmp(path, "\\??\\", 4) ? path + 4 : path;
    for (char *c = at; *c; c++)
        *c = *c == '\\' ? '/' : *c;
    struct pager_statistics s;
    pager_get_statistics(&s);
    if (s.on)
        return STATUS_TOO_MANY_PAGING_FILES;
    snprintf(size, sizeof size, "%lld", (long long)maximum->QuadPart);
    if (host_option_set(OPTION_PAGEFILE, at) != 0 || host_option_set(OPTION_PAGEFILE_MAX, size) != 0)
        return STATUS_OBJECT_NAME_INVALID;
    return STATUS_SUCCESS;
}
