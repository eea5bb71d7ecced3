/* devicedriver.c: the system's drivers: the kernel itself and its modules, as /proc tells. Who may not know addresses
 * is told of 0 for each, as Windows does since 11 24H2. Sets the last error. */
#include <psapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <winerror.h>

#include "host/list.h"
#include "host/utf.h"
#include "win32/win32.h"

#define LINE 1024
#define KERNEL "vmlinux"
#define K32(type, name) __attribute__((alias(#name))) type K32##name

/* The kernel's own text begins at the symbol _text, which stands near the start of the list. */
static uintptr_t kernel_address(void)
{
    char line[LINE];
    uintptr_t address = 0;
    struct host_lines symbols;
    if (host_lines_open(&symbols, "/proc/kallsyms") != 0)
        return 0;
    for (int i = 0; i < 1000 && host_lines_next(&symbols, line, sizeof line); i++)
        if (strstr(line, " _text\n")) {
            address = strtoull(line, NULL, 16);
            break;
        }
    host_lines_close(&symbols);
    return address;
}

/* The next driver of an open list (/proc/modules; there may be none): its name is cut out of `line`. */
static bool next_module(struct host_lines *modules, char line[LINE], uintptr_t *address)
{
    if (modules->file < 0 || !host_lines_next(modules, line, LINE))
        return false;
    const char *place = strstr(line, " 0x");
    *address = place ? strtoull(place, NULL, 16) : 0;
    line[strcspn(line, " ")] = 0;
    return true;
}

BOOL EnumDeviceDrivers(LPVOID *bases, DWORD size, LPDWORD needed)
{
    char line[LINE];
    uintptr_t address = kernel_address();
    DWORD count = 0, room = size / (DWORD)sizeof *bases;
    if (!needed || (room && !bases))
        return win32_error(ERROR_NOACCESS);
    struct host_lines modules;
    (void)host_lines_open(&modules, "/proc/modules");
    do {
        if (count < room)
            bases[count] = (LPVOID)address;
        count++;
    } while (next_module(&modules, line, &address));
    host_lines_close(&modules);
    *needed = count * (DWORD)sizeof *bases;
    return TRUE;
}
K32(BOOL, EnumDeviceDrivers)(LPVOID *, DWORD, LPDWORD);

/* Of the driver at this address, "NAME.ko" into `name`; false with the last error. */
static bool driver_at(LPVOID base, char name[LINE + 4])
{
    uintptr_t address = kernel_address();
    bool found = base && (uintptr_t)base == address;
    struct host_lines modules;
    (void)host_lines_open(&modules, "/proc/modules");
    strcpy(name, KERNEL);
    while (base && !found && next_module(&modules, name, &address))
        if (address == (uintptr_t)base) {
            strcat(name, ".ko");
            found = true;
        }
    host_lines_close(&modules);
    return found ? true : win32_error(ERROR_INVALID_HANDLE);
}

/* Where the module lies among those of the running kernel; without such a list its name alone. */
static bool file_at(LPVOID base, char path[2 * LINE])
{
    char name[LINE + 4], line[LINE];
    struct utsname kernel;
    if (!driver_at(base, name))
        return false;
    snprintf(path, (size_t)2 * LINE, "%s", name);
    if (!strcmp(name, KERNEL) || uname(&kernel) != 0)
        return true;
    snprintf(line, sizeof line, "/lib/modules/%s/modules.dep", kernel.release);
    struct host_lines list;
    (void)host_lines_open(&list, line);
    while (list.file >= 0 && host_lines_next(&list, line, sizeof line)) {
        line[strcspn(line, ":")] = 0;
        char *last = strrchr(line, '/');
        last = last ? last + 1 : line;
        size_t i = 0; /* in the list a name may be written with dashes, and its file be compressed */
        while (name[i] && (last[i] == name[i] || (last[i] == '-' && name[i] == '_')))
            i++;
        if (!name[i]) {
            snprintf(path, (size_t)2 * LINE, "/lib/modules/%s/%s", kernel.release, line);
            break;
        }
    }
    host_lines_close(&list);
    return true;
}

/* As much as fits, terminated; the length. */
static DWORD answer(const char *text, LPSTR to, DWORD size)
{
    size_t length = strlen(text);
    if (size == 0)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (length >= size)
        length = size - 1;
    memcpy(to, text, length);
    to[length] = 0;
    return (DWORD)length;
}

static DWORD answer_wide(const char *text, LPWSTR to, DWORD size)
{
    uint16_t wide[2 * LINE];
    if (size == 0)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    size_t length = host_utf8_to_utf16(text, SIZE_MAX, wide, sizeof wide / sizeof *wide, 0) - 1;
    if (length >= size)
        length = size - 1;
    memcpy(to, wide, length * sizeof *to);
    to[length] = 0;
    return (DWORD)length;
}

DWORD GetDeviceDriverBaseNameA(LPVOID base, LPSTR name, DWORD size)
{
    char text[LINE + 4];
    return driver_at(base, text) ? answer(text, name, size) : 0;
}
K32(DWORD, GetDeviceDriverBaseNameA)(LPVOID, LPSTR, DWORD);

DWORD GetDeviceDriverBaseNameW(LPVOID base, LPWSTR name, DWORD size)
{
    char text[LINE + 4];
    return driver_at(base, text) ? answer_wide(text, name, size) : 0;
}
K32(DWORD, GetDeviceDriverBaseNameW)(LPVOID, LPWSTR, DWORD);

DWORD GetDeviceDriverFileNameA(LPVOID base, LPSTR name, DWORD size)
{
    char text[2 * LINE];
    return file_at(base, text) ? answer(text, name, size) : 0;
}
K32(DWORD, GetDeviceDriverFileNameA)(LPVOID, LPSTR, DWORD);

DWORD GetDeviceDriverFileNameW(LPVOID base, LPWSTR name, DWORD size)
{
    char text[2 * LINE];
    return file_at(base, text) ? answer_wide(text, name, size) : 0;
}
K32(DWORD, GetDeviceDriverFileNameW)(LPVOID, LPWSTR, DWORD);
