/* locale.h: the one locale there is besides the invariant one: American English, with the classic rules of text. */
#ifndef WINMEM_BASE_LOCALE_H
#define WINMEM_BASE_LOCALE_H

#include <stdbool.h>
#include <windef.h>
#include <winnls.h>

#define LOCALE_NUMBER 0x0409

/* Whether the number, or the name (NULL: the user's), means a locale that is here. */
bool base_locale_known(LCID locale);
bool base_locale_named(LPCWSTR name);
/* A text of the locale by its LCTYPE, plain ASCII; NULL: not kept. */
const char *base_locale_text(LCTYPE type);

/* Units of the basic plane, by the classic rules of Unicode whatever the C library's locale is. */
WCHAR base_upper(WCHAR unit);
WCHAR base_lower(WCHAR unit);
bool base_is_letter(WCHAR unit);
WORD base_character_type(WCHAR unit); /* C1_* */

#endif
