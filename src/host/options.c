/* options.c: the table of options.h. Reads the environment; must not allocate. */
#include "host/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define TEXT_MAX 1024
#define NAME_MAX_BYTES 64

static const struct host_option_row rows[HOST_OPTION_COUNT] = {
#define OPTION_ROW(name, type, initial, help) {#name, type, initial, help},
    HOST_OPTIONS(OPTION_ROW)
#undef OPTION_ROW
};

/* Written by host_option_set before threads use the option; read freely. */
static struct {
    bool frozen; /* the environment is not read any more */
    bool is_set[HOST_OPTION_COUNT];
    bool from_environment[HOST_OPTION_COUNT];
    char text[HOST_OPTION_COUNT][TEXT_MAX];
} options_state;

const struct host_option_row *host_option_row(enum host_option option)
{
    return &rows[option];
}

const char *host_environment(const char *name, size_t length)
{
    for (char **at = environ; at && *at; at++) {
        const char *text = *at;
        size_t same = 0;
        while (same < length && text[same] == name[same])
            same++;
        if (same == length && text[length] == '=')
            return text[length + 1] ? text + length + 1 : NULL;
    }
    return NULL;
}

static const char *environment_text(enum host_option option)
{
    char name[NAME_MAX_BYTES] = "WINMEM_";
    size_t length = strlen(rows[option].name);
    if (length + 8 > sizeof(name))
        return NULL;
    memcpy(name + 7, rows[option].name, length + 1);
    return getauxval(AT_SECURE) ? NULL : host_environment(name, length + 7);
}

const char *host_option_text(enum host_option option)
{
    if (options_state.is_set[option])
        return options_state.text[option];
    const char *text = options_state.frozen ? NULL : environment_text(option);
    return text ? text : rows[option].initial;
}

enum host_option_source host_option_source(enum host_option option)
{
    if (options_state.from_environment[option])
        return OPTION_BY_ENVIRONMENT;
    if (options_state.is_set[option])
        return OPTION_BY_PROGRAM;
    return !options_state.frozen && environment_text(option) ? OPTION_BY_ENVIRONMENT : OPTION_BY_DEFAULT;
}

int host_parse_size(const char *text, uint64_t *bytes)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return -ERANGE;
    }
    if (at == text)
        return -EINVAL;
    static const char units[] = "kmgtKMGT";
    if (*at) {
        const char *unit = strchr(units, *at);
        if (!unit)
            return -EINVAL;
        unsigned shift = 10u * (unsigned)((unit - units) % 4 + 1);
        if (shift && value >> (64 - shift))
            return -ERANGE;
        value <<= shift;
        at++;
        if (*at == 'i')
            at++;
        if (*at == 'B' || *at == 'b')
            at++;
    }
    if (*at)
        return -EINVAL;
    *bytes = value;
    return 0;
}

/* Not strcasecmp: it reads the locale's tables, which may be in memory that is paged. */
static bool same_word(const char *text, const char *word)
{
    for (; *text && *word; text++, word++) {
        if ((*text >= 'A' && *text <= 'Z' ? *text | 32 : *text) != *word)
            return false;
    }
    return *text == *word;
}

static int parse_flag(const char *text, uint64_t *value)
{
    static const char *const yes[] = {"1", "yes", "on", "true"};
    static const char *const no[] = {"0", "no", "off", "false"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
        if (same_word(text, yes[i]) || same_word(text, no[i])) {
            *value = same_word(text, yes[i]);
            return 0;
        }
    }
    return -EINVAL;
}

static int parse(enum host_option_type type, const char *text, uint64_t *value)
{
    switch (type) {
    case OPTION_SIZE:
    case OPTION_NUMBER:
        return host_parse_size(text, value);
    case OPTION_FLAG:
        return parse_flag(text, value);
    case OPTION_TEXT:
        *value = 0;
        return 0;
    }
    return -EINVAL;
}

uint64_t host_option_number(enum host_option option)
{
    uint64_t value = 0;
    if (parse(rows[option].type, host_option_text(option), &value) == 0)
        return value;
    (void)parse(rows[option].type, rows[option].initial, &value);
    return value;
}

int host_option_set(enum host_option option, const char *text)
{
    uint64_t value;
    int error = parse(rows[option].type, text, &value);
    if (error)
        return error;
    size_t length = strlen(text);
    if (length >= TEXT_MAX)
        return -ENAMETOOLONG;
    memcpy(options_state.text[option], text, length + 1);
    options_state.is_set[option] = true;
    options_state.from_environment[option] = false;
    return 0;
}

void host_options_freeze(void)
{
    for (int i = 0; i < HOST_OPTION_COUNT && !options_state.frozen; i++) {
        const char *text = options_state.is_set[i] ? NULL : environment_text(i);
        if (text && host_option_set(i, text) == 0)
            options_state.from_environment[i] = true;
    }
    options_state.frozen = true;
}

static bool same_name(const char *row_name, const char *name)
{
    for (; *row_name && *name; row_name++, name++) {
        char c = *name == '-' ? '_' : *name;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c != *row_name)
            return false;
    }
    return *row_name == *name;
}

int host_option_find(const char *name)
{
    for (int i = 0; i < HOST_OPTION_COUNT; i++) {
        if (same_name(rows[i].name, name))
            return i;
    }
    return -ENOENT;
}
