/* profiletext.c: see profiletext.h. */
#include "base/file/profiletext.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/own.h"

void profile_add(struct profile_text *text, const char *bytes, size_t length)
{
    if (text->length + length > text->room) {
        size_t room = 2 * text->room + length + 64;
        char *more = text->failed ? NULL : host_own_grow(text->data, room);
        if (!more) {
            text->failed = true;
            return;
        }
        text->data = more;
        text->room = room;
    }
    if (length)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
}

/* A piece of the text. */
struct piece {
    const char *at;
    size_t length;
};

static bool blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r';
}

static struct piece trimmed(const char *from, const char *to)
{
    while (from < to && blank(*from))
        from++;
    while (from < to && blank(to[-1]))
        to--;
    return (struct piece){from, (size_t)(to - from)};
}

static bool is_name(struct piece piece, const char *name)
{
    struct piece wanted = trimmed(name, name + strlen(name));
    return piece.length == wanted.length && !strncasecmp(piece.at, wanted.at, wanted.length);
}

/* The next line, trimmed, from `*place` on, which moves behind it. */
static bool next_line(const struct profile_text *text, size_t *place, struct piece *line)
{
    if (*place >= text->length)
        return false;
    const char *from = text->data + *place, *end = memchr(from, '\n', text->length - *place);
    size_t length = end ? (size_t)(end - from) : text->length - *place;
    *line = trimmed(from, from + length);
    *place += length + (end != NULL);
    return true;
}

static bool is_header(struct piece line, struct piece *name)
{
    if (!line.length || line.at[0] != '[')
        return false;
    const char *end = memchr(line.at, ']', line.length);
    if (end)
        *name = trimmed(line.at + 1, end);
    return end != NULL;
}

static bool is_note(struct piece line)
{
    return !line.length || line.at[0] == ';';
}

static struct piece key_of(struct piece line)
{
    const char *equals = memchr(line.at, '=', line.length);
    return trimmed(line.at, equals ? equals : line.at + line.length);
}

/* Where the first line of the section begins. */
static bool enter(const struct profile_text *text, const char *section, size_t *place)
{
    struct piece line, name;
    *place = 0;
    while (next_line(text, place, &line))
        if (is_header(line, &name) && is_name(name, section))
            return true;
    return false;
}

/* The next line of the section that says something. */
static bool next_of_section(const struct profile_text *text, size_t *place, struct piece *line)
{
    struct piece name;
    while (next_line(text, place, line)) {
        if (is_header(*line, &name))
            return false;
        if (!is_note(*line))
            return true;
    }
    return false;
}

static void list_piece(struct profile_text *list, struct piece piece)
{
    profile_add(list, piece.at, piece.length);
    profile_add(list, "", 1);
}

bool profile_sections(const struct profile_text *text, struct profile_text *list)
{
    struct piece line, name;
    for (size_t place = 0; next_line(text, &place, &line);)
        if (is_header(line, &name))
            list_piece(list, name);
    return true;
}

bool profile_keys(const struct profile_text *text, const char *section, struct profile_text *list)
{
    struct piece line;
    size_t place;
    if (!enter(text, section, &place))
        return false;
    while (next_of_section(text, &place, &line))
        if (memchr(line.at, '=', line.length))
            list_piece(list, key_of(line));
    return true;
}

bool profile_lines(const struct profile_text *text, const char *section, struct profile_text *list)
{
    struct piece line;
    size_t place;
    if (!enter(text, section, &place))
        return false;
    while (next_of_section(text, &place, &line)) {
        const char *equals = memchr(line.at, '=', line.length), *end = line.at + line.length;
        struct piece key = key_of(line), value = equals ? trimmed(equals + 1, end) : (struct piece){end, 0};
        profile_add(list, key.at, key.length);
        if (equals)
            profile_add(list, "=", 1);
        list_piece(list, value);
    }
    return true;
}

/* A pair of quotes around a value is not part of it. */
bool profile_value(const struct profile_text *text, const char *section, const char *key, struct profile_text *value)
{
    struct piece line;
    size_t place;
    if (!enter(text, section, &place))
        return false;
    while (next_of_section(text, &place, &line)) {
        const char *equals = memchr(line.at, '=', line.length);
        if (!equals || !is_name(key_of(line), key))
            continue;
        struct piece found = trimmed(equals + 1, line.at + line.length);
        if (found.length >= 2 && (found.at[0] == '"' || found.at[0] == '\'') &&
            found.at[found.length - 1] == found.at[0])
            found.at++, found.length -= 2;
        profile_add(value, found.at, found.length);
        return true;
    }
    return false;
}

static void add_pair(struct profile_text *changed, const char *key, const char *value)
{
    profile_add(changed, key, strlen(key));
    profile_add(changed, "=", 1);
    profile_add(changed, value, strlen(value));
    profile_add(changed, "\r\n", 2);
}

void profile_set(const struct profile_text *text, const char *section, const char *key, const char *value,
                 struct profile_text *changed)
{
    struct piece line, name;
    bool inside = false, met = false, hit = false, done = !key || !value;
    size_t keep = 0; /* of what was written: before the empty lines at the section's end */
    for (size_t place = 0, from = 0; next_line(text, &place, &line); from = place) {
        bool header = is_header(line, &name), gone = false;
        if (header && inside && !done) { /* the section's end: the key goes before its empty lines */
            struct profile_text rest = {0};
            profile_add(&rest, changed->data + keep, changed->length - keep);
            changed->length = keep;
            add_pair(changed, key, value);
            profile_add(changed, rest.data ? rest.data : "", rest.length);
            changed->failed |= rest.failed;
            host_own_give(rest.data);
            done = true;
        }
        if (header)
            inside = !met && is_name(name, section);
        met |= inside;
        if (inside && !key)
            gone = true;
        else if (inside && !hit && !header && !is_note(line) && memchr(line.at, '=', line.length))
            gone = hit = is_name(key_of(line), key); /* the first of that name */
        if (gone && key && !done) {
            add_pair(changed, key, value);
            done = true;
        } else if (!gone) {
            profile_add(changed, text->data + from, place - from);
        }
        if (line.length)
            keep = changed->length;
    }
    if (done || changed->failed)
        return;
    if (changed->length && changed->data[changed->length - 1] != '\n')
        profile_add(changed, "\r\n", 2);
    if (!met) {
        profile_add(changed, "[", 1);
        profile_add(changed, section, strlen(section));
        profile_add(changed, "]\r\n", 3);
    }
    add_pair(changed, key, value);
}

/* As much of the text as is a number, 0x for one of base 16; the low 32 bits. */
uint32_t profile_number(const char *text)
{
    while (*text == ' ')
        text++;
    bool negative = *text == '-';
    text += negative || *text == '+';
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint32_t number = (uint32_t)strtoull(text, NULL, hex ? 16 : 10);
    return negative ? 0 - number : number;
}
