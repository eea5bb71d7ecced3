/* modulelist.c: see modulelist.h: this process' modules from the dynamic linker, others' from /proc. And the faces that
 * tell of them. */
#include "base/module/modulelist.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <psapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

#include "base/base.h"
#include "base/path.h"
#include "host/list.h"
#include "host/own.h"
#include "host/process.h"
#include "host/utf.h"
#include "win32/win32.h"

#include <winbase.h>

#define PAGE ((uintptr_t)4096)

static bool add(struct base_modules *list, const char *path, uintptr_t base, size_t size)
{
    struct base_module *more = host_own_grow(list->module, (list->count + 1) * sizeof *more);
    if (!more)
        return false;
    list->module = more;
    char *copy = host_own_text(path);
    if (!copy)
        return false;
    more[list->count++] = (struct base_module){.base = base, .size = size, .path = copy};
    return true;
}

void base_modules_free(struct base_modules *list)
{
    for (size_t i = 0; list->module && i < list->count; i++)
        host_own_give(list->module[i].path);
    host_own_give(list->module);
    *list = (struct base_modules){NULL, 0};
}

const char *base_file_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- this process ---- */

static int visit(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct base_modules *list = argument;
    uintptr_t low = UINTPTR_MAX, high = 0;
    char path[PATH_MAX];
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        low = start < low ? start : low;
        high = start + header->p_memsz > high ? start + header->p_memsz : high;
    }
    if (high <= low)
        return 0;
    low &= ~(PAGE - 1);
    high = (high + PAGE - 1) & ~(PAGE - 1);
    snprintf(path, sizeof path, "%s", info->dlpi_name);
    if (list->count == 0) {
        (void)host_process_image(0, path, sizeof path);
    } else if (path[0] != '/') {
        return 0; /* the kernel's own object */
    }
    return add(list, path, low, high - low) ? 0 : 1;
}

HMODULE base_module_handle(void *opened)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (!opened || dlinfo(opened, RTLD_DI_LINKMAP, &map) != 0 || !dladdr(map->l_ld, &info))
        return NULL;
    return info.dli_fbase;
}

/* The dynamic linker's handle of an object is its link map (glibc). */
void *base_module_opened(HMODULE handle)
{
    Dl_info info;
    struct link_map *map = NULL;
    bool base = handle && dladdr1(handle, &info, (void **)&map, RTLD_DL_LINKMAP) && info.dli_fbase == (void *)handle;
    return base ? map : NULL;
}

static void find_entry(struct base_module *module)
{
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)module->base;
    if (!memcmp(header->e_ident, ELFMAG, SELFMAG) && header->e_entry)
        module->entry = header->e_type == ET_DYN ? module->base + header->e_entry : header->e_entry;
}

static DWORD list_own(struct base_modules *list)
{
    if (dl_iterate_phdr(visit, list) != 0)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < list->count; i++)
        find_entry(&list->module[i]);
    return 0;
}

/* ---- another ---- */

static struct base_module *find_path(struct base_modules *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->module[i].path, path))
            return &list->module[i];
    return NULL;
}

/* Two passes: which files have code mapped, then how far they reach. */
static DWORD read_maps(struct host_lines *maps, struct base_modules *list, bool code)
{
    char line[PATH_MAX + 128], access[8], path[PATH_MAX];
    while (host_lines_next(maps, line, sizeof line)) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %4095[^\n]", &start, &end, access, path) != 4 || path[0] != '/')
            continue;
        (void)host_undeleted(path);
        struct base_module *module = find_path(list, path);
        if (code && access[2] == 'x' && !module && !add(list, path, start, 0))
            return ERROR_NOT_ENOUGH_MEMORY;
        if (code || !module)
            continue;
        if (start < module->base)
            module->base = start;
        if (end > module->base + module->size)
            module->size = end - module->base;
    }
    return 0;
}

static void program_first(int process, struct base_modules *list)
{
    char path[PATH_MAX];
    (void)host_process_image(process, path, sizeof path);
    struct base_module *program = find_path(list, path);
    if (!program)
        return;
    struct base_module first = list->module[0];
    list->module[0] = *program;
    *program = first;
}

static DWORD list_other(int process, struct base_modules *list)
{
    char name[32];
    snprintf(name, sizeof name, "/proc/%d/maps", process);
    struct host_lines maps;
    int failed = host_lines_open(&maps, name);
    if (failed)
        return failed == -ENOENT ? ERROR_INVALID_PARAMETER : ERROR_ACCESS_DENIED;
    DWORD error = read_maps(&maps, list, true);
    host_lines_rewind(&maps);
    if (!error)
        error = read_maps(&maps, list, false);
    host_lines_close(&maps);
    if (!error && list->count)
        program_first(process, list);
    return error ? error : list->count ? 0 : ERROR_PARTIAL_COPY;
}

DWORD base_modules_list(int process, struct base_modules *list)
{
    *list = (struct base_modules){NULL, 0};
    DWORD error = process == getpid() ? list_own(list) : list_other(process, list);
    if (error)
        base_modules_free(list);
    return error;
}

struct base_module *base_modules_find(struct base_modules *list, HMODULE handle)
{
    uintptr_t base = (uintptr_t)base_module_real(handle);
    for (size_t i = 0; i < list->count; i++)
        if (!base || list->module[i].base == base)
            return &list->module[i];
    return NULL;
}

struct base_module *base_modules_named(struct base_modules *list, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < list->count; i++) {
        const char *path = list->module[i].path, *file = strchr(name, '/') ? path : base_file_part(path);
        if (!strncasecmp(file, name, length) && (!file[length] || !strcasecmp(file + length, ".dll")) &&
            (!file[length] || !strchr(name, '.')))
            return &list->module[i];
    }
    return NULL;
}

/* ---- faces ---- */

/* On Windows the list is read from the process' memory: documented as a right to that. */
static BOOL modules_of(HANDLE process, struct base_modules *list)
{
    int id = base_process_id(process, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ);
    DWORD error = id ? base_modules_list(id, list) : GetLastError();
    return error ? win32_error(error) : TRUE;
}

BOOL EnumProcessModulesEx(HANDLE process, HMODULE *modules, DWORD size, LPDWORD needed, DWORD filter)
{
    struct base_modules list;
    if (filter > LIST_MODULES_ALL)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!needed || (!modules && size))
        return win32_error(ERROR_NOACCESS);
    if (!modules_of(process, &list))
        return FALSE;
    for (size_t i = 0; i < list.count && i < size / sizeof *modules; i++)
        modules[i] = (HMODULE)list.module[i].base;
    *needed = (DWORD)(list.count * sizeof *modules);
    base_modules_free(&list);
    return TRUE;
}

BOOL EnumProcessModules(HANDLE process, HMODULE *modules, DWORD size, LPDWORD needed)
{
    return EnumProcessModulesEx(process, modules, size, needed, LIST_MODULES_DEFAULT);
}

BOOL GetModuleInformation(HANDLE process, HMODULE handle, LPMODULEINFO information, DWORD size)
{
    struct base_modules list;
    if (size < sizeof *information)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (!modules_of(process, &list))
        return FALSE;
    struct base_module *module = base_modules_find(&list, handle);
    if (module)
        *information = (MODULEINFO){(LPVOID)module->base, (DWORD)module->size, (LPVOID)module->entry};
    base_modules_free(&list);
    return module ? TRUE : win32_error(ERROR_INVALID_HANDLE);
}

/* The program itself is told without its list, and asks for less. Own memory; NULL with the last error. */
static char *program_of(HANDLE process)
{
    char path[PATH_MAX];
    int id = base_process_id(process, PROCESS_QUERY_LIMITED_INFORMATION);
    if (id && host_process_image(id, path, sizeof path)) {
        path_as_windows(path, sizeof path);
        return host_own_text(path);
    }
    if (id)
        SetLastError(ERROR_GEN_FAILURE);
    return NULL;
}

/* The module's path, or the last part of it; own memory. NULL with the last error. */
static char *path_of(HANDLE process, HMODULE handle, bool whole)
{
    struct base_modules list;
    char *path = NULL;
    if (!handle && whole)
        return program_of(process);
    if (!modules_of(process, &list))
        return NULL;
    struct base_module *module = base_modules_find(&list, handle);
    const char *from = !module ? NULL : whole ? module->path : base_file_part(module->path);
    size_t room = from ? strlen(from) + sizeof "C:" : 0;
    if (from)
        path = host_own_take(room);
    if (path)
        path_as_windows(strcpy(path, from), room);
    if (!path)
        SetLastError(module ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_HANDLE);
    base_modules_free(&list);
    return path;
}

/* As Windows: cut where it does not fit, and said so by the last error. */
static DWORD give(char *path, LPSTR name, DWORD size)
{
    if (!path || !size) {
        if (path)
            SetLastError(ERROR_INSUFFICIENT_BUFFER);
        host_own_give(path);
        return 0;
    }
    DWORD length = (DWORD)strlen(path), given = length < size ? length : size - 1;
    memcpy(name, path, given);
    name[given] = 0;
    host_own_give(path);
    if (given < length)
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return given < length ? size : given;
}

static DWORD give_wide(char *path, LPWSTR name, DWORD size)
{
    size_t units = path ? host_utf8_to_utf16(path, SIZE_MAX, NULL, 0, 0) : 0;
    uint16_t *wide = units && size ? host_own_take(units * sizeof *wide) : NULL;
    if (!wide) {
        if (path)
            SetLastError(size ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INSUFFICIENT_BUFFER);
        host_own_give(path);
        return 0;
    }
    host_utf8_to_utf16(path, SIZE_MAX, wide, units, 0);
    size_t given = units <= size ? units - 1 : size - 1;
    memcpy(name, wide, given * sizeof *name);
    name[given] = 0;
    host_own_give(wide);
    host_own_give(path);
    if (given < units - 1)
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return given < units - 1 ? size : (DWORD)given;
}

DWORD GetModuleFileNameExA(HANDLE process, HMODULE module, LPSTR name, DWORD size)
{
    return give(path_of(process, module, true), name, size);
}

DWORD GetModuleFileNameExW(HANDLE process, HMODULE module, LPWSTR name, DWORD size)
{
    return give_wide(path_of(process, module, true), name, size);
}

DWORD GetModuleBaseNameA(HANDLE process, HMODULE module, LPSTR name, DWORD size)
{
    return give(path_of(process, module, false), name, size);
}

DWORD GetModuleBaseNameW(HANDLE process, HMODULE module, LPWSTR name, DWORD size)
{
    return give_wide(path_of(process, module, false), name, size);
}

/* With the device that the one tree of files stands for. */
static char *device_path(HANDLE process)
{
    static const char device[] = "\\Device\\HarddiskVolume1";
    char *path = path_of(process, NULL, true), *whole = path ? host_own_take(sizeof device + strlen(path)) : NULL;
    if (whole)
        strcat(strcpy(whole, device), path[0] && path[1] == ':' ? path + 2 : path);
    host_own_give(path);
    return whole;
}

DWORD GetProcessImageFileNameA(HANDLE process, LPSTR name, DWORD size)
{
    char *path = device_path(process);
    if (path && strlen(path) >= size) {
        host_own_give(path);
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    }
    return give(path, name, size);
}

DWORD GetProcessImageFileNameW(HANDLE process, LPWSTR name, DWORD size)
{
    char *path = device_path(process);
    if (path && host_utf8_to_utf16(path, SIZE_MAX, NULL, 0, 0) > size) {
        host_own_give(path);
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    }
    return give_wide(path, name, size);
}

#define K32(type, name) __attribute__((alias(#name))) type K32##name
K32(BOOL, EnumProcessModules)(HANDLE, HMODULE *, DWORD, LPDWORD);
K32(BOOL, EnumProcessModulesEx)(HANDLE, HMODULE *, DWORD, LPDWORD, DWORD);
K32(BOOL, GetModuleInformation)(HANDLE, HMODULE, LPMODULEINFO, DWORD);
K32(DWORD, GetModuleFileNameExA)(HANDLE, HMODULE, LPSTR, DWORD);
K32(DWORD, GetModuleFileNameExW)(HANDLE, HMODULE, LPWSTR, DWORD);
K32(DWORD, GetModuleBaseNameA)(HANDLE, HMODULE, LPSTR, DWORD);
K32(DWORD, GetModuleBaseNameW)(HANDLE, HMODULE, LPWSTR, DWORD);
K32(DWORD, GetProcessImageFileNameA)(HANDLE, LPSTR, DWORD);
K32(DWORD, GetProcessImageFileNameW)(HANDLE, LPWSTR, DWORD);
