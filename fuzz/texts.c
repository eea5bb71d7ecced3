/* texts.c: any text for what reads texts: command lines, .ini files, sizes, security descriptors and SIDs, messages,
 * code pages, scanf, paths. Nothing is read or written outside of what was given, and what can be written back reads
 * the same again. The first byte chooses; the rest is up to three texts with a NUL between them. */
#include <windows.h>

#include <rpc.h>
#include <sddl.h>
#include <shellapi.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/process/launch.h"
#include "base/file/profiletext.h"
#include "host/options.h"
#include "host/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int winmem_swscanf(const WCHAR *text, const WCHAR *format, ...);

#define TEXTS 3

static void require(int condition)
{
    if (!condition)
        abort();
}

/* In memory of its exact size, so that a sanitizer sees what is read behind it. */
static char *exact(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = 0;
    return text;
}

static WCHAR *widened(const char *text)
{
    int units = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    require(units > 0);
    WCHAR *wide = malloc((size_t)units * sizeof *wide);
    require(wide && MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, units) == units);
    return wide;
}

static void command_line(char *const *text)
{
    size_t room = 2 * strlen(text[0]) + 4;
    char *storage = malloc(room);
    unsigned count = 0;
    char **arguments = launch_split_line(text[0], storage, &count);
    for (unsigned i = 0; arguments && i < count; i++)
        require(arguments[i] >= storage && arguments[i] + strlen(arguments[i]) < storage + room);
    host_own_give(arguments);
    free(storage);
    WCHAR *wide = widened(text[0]);
    int found = 0;
    LPWSTR *list = CommandLineToArgvW(wide, &found);
    for (int i = 0; list && i < found; i++)
        require(lstrlenW(list[i]) >= 0);
    LocalFree((HLOCAL)list);
    free(wide);
}

/* Of a name that needs no care: what was set is what is told. */
static BOOL plain(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(text);
}

static void profile(char *const *text)
{
    struct profile_text whole = {.data = text[0], .length = strlen(text[0])}, list = {NULL, 0, 0, false};
    struct profile_text changed = list, value = list, lines = list;
    (void)profile_sections(&whole, &list);
    (void)profile_keys(&whole, text[1], &list);
    (void)profile_lines(&whole, text[1], &lines);
    (void)profile_value(&whole, text[1], text[2], &value);
    profile_set(&whole, text[1], text[2], "fresh", &changed);
    host_own_give(value.data);
    value = (struct profile_text){NULL, 0, 0, false};
    if (plain(text[1]) && plain(text[2]))
        require(profile_value(&changed, text[1], text[2], &value) && value.length >= 5 &&
                memcmp(value.data, "fresh", 5) == 0);
    (void)profile_number(text[2]);
    host_own_give(list.data);
    host_own_give(lines.data);
    host_own_give(value.data);
    host_own_give(changed.data);
}

static void sizes(char *const *text)
{
    uint64_t bytes;
    (void)host_parse_size(text[0], &bytes);
    (void)host_option_find(text[1]);
}

static void descriptors(char *const *text)
{
    PSECURITY_DESCRIPTOR descriptor;
    ULONG size;
    PSID sid;
    LPSTR again = NULL;
    if (ConvertStringSecurityDescriptorToSecurityDescriptorA(text[0], SDDL_REVISION_1, &descriptor, &size)) {
        require(IsValidSecurityDescriptor(descriptor));
        LocalFree(descriptor);
    }
    if (!ConvertStringSidToSidA(text[1], &sid))
        return;
    require(IsValidSid(sid) && ConvertSidToStringSidA(sid, &again));
    PSID other;
    require(ConvertStringSidToSidA(again, &other) && EqualSid(sid, other));
    LocalFree(sid);
    LocalFree(other);
    LocalFree(again);
}

static void messages(char *const *text)
{
    DWORD_PTR arguments[99];
    char *made = NULL, few[16];
    for (int i = 0; i < 99; i++)
        arguments[i] = (DWORD_PTR)text[1];
    if (strchr(text[0], '*')) /* a width out of an address */
        return;
    const DWORD from = FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY;
    if (FormatMessageA(from | FORMAT_MESSAGE_ALLOCATE_BUFFER, text[0], 0, 0, (LPSTR)&made, 0, (va_list *)arguments))
        LocalFree(made);
    DWORD length = FormatMessageA(from | FORMAT_MESSAGE_IGNORE_INSERTS, text[0], 0, 0, few, sizeof few, NULL);
    require(length < sizeof few && (!length || few[length] == 0));
}

static void code_pages(char *const *text)
{
    static const UINT pages[] = {CP_UTF8, CP_ACP, CP_UTF7, 1252, 437, 20127};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        int bytes = (int)strlen(text[0]), units = MultiByteToWideChar(pages[i], 0, text[0], bytes, NULL, 0);
        if (bytes == 0 || units <= 0)
            continue;
        WCHAR *wide = malloc((size_t)units * sizeof *wide);
        require(wide && MultiByteToWideChar(pages[i], 0, text[0], bytes, wide, units) == units);
        int back = WideCharToMultiByte(pages[i], 0, wide, units, NULL, 0, NULL, NULL);
        char *narrow = malloc((size_t)back + 1);
        require(back <= 0 || WideCharToMultiByte(pages[i], 0, wide, units, narrow, back, NULL, NULL) == back);
        free(narrow);
        free(wide);
    }
}

static void scans(char *const *text)
{
    static char to[8][65536];
    WCHAR *wide = widened(text[0]), *format = widened(text[1]);
    (void)winmem_swscanf(wide, format, to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7], to[0], to[1], to[2],
                         to[3]);
    free(wide);
    free(format);
}

static void paths(char *const *text)
{
    char full[32], *part;
    UUID id;
    WCHAR *wide = widened(text[1]), wide_full[16];
    DWORD length = GetFullPathNameA(text[0], sizeof full, full, &part);
    require(!length || length >= sizeof full || full[length] == 0);
    length = GetFullPathNameW(wide, 16, wide_full, NULL);
    require(!length || length >= 16 || wide_full[length] == 0);
    (void)UuidFromStringA((RPC_CSTR)text[2], &id);
    free(wide);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(char *const *) = {command_line, profile,    sizes, descriptors,
                                                     messages,     code_pages, scans, paths};
    char *text[TEXTS];
    if (size == 0 || size > 4096)
        return 0;
    const uint8_t *at = data + 1, *end = data + size;
    for (int i = 0; i < TEXTS; i++) {
        const uint8_t *stop = i < TEXTS - 1 ? memchr(at, 0, (size_t)(end - at)) : NULL;
        stop = stop ? stop : end;
        text[i] = exact(at, (size_t)(stop - at));
        at = stop < end ? stop + 1 : end;
    }
    readers[data[0] % (sizeof readers / sizeof *readers)](text);
    for (int i = 0; i < TEXTS; i++)
        free(text[i]);
    return 0;
}
