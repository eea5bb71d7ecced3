/* profiletext.h: the form of .ini files: sections in brackets, keys, values. Texts are UTF-8; names are compared by
 * letters of either case. */
#ifndef WINMEM_BASE_PROFILETEXT_H
#define WINMEM_BASE_PROFILETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Grows as it is added to; the owner frees `data`. */
struct profile_text {
    char *data;
    size_t length, room;
    bool failed; /* there was no memory */
};

void profile_add(struct profile_text *text, const char *bytes, size_t length);
/* The names of all sections, or of the keys of one, or its lines, with a NUL behind each. False: there is none such. */
bool profile_sections(const struct profile_text *text, struct profile_text *list);
bool profile_keys(const struct profile_text *text, const char *section, struct profile_text *list);
bool profile_lines(const struct profile_text *text, const char *section, struct profile_text *list);
bool profile_value(const struct profile_text *text, const char *section, const char *key, struct profile_text *value);
/* The text with the value set; without a value the key goes, without a key the section. */
void profile_set(const struct profile_text *text, const char *section, const char *key, const char *value,
                 struct profile_text *changed);
uint32_t profile_number(const char *text);

#endif
