/* utf.h: UTF-8 and UTF-16, both ways, between the ANSI and the wide calls. Pure functions; no allocation; any caller.
 */
#ifndef WINMEM_HOST_UTF_H
#define WINMEM_HOST_UTF_H

#include <stddef.h>
#include <stdint.h>

#include "host/shared.h"

/* Converts `length` units (SIZE_MAX: up to and with the terminator). Returns the units needed; writes them only when
 * they fit into `size` (size 0: only counts). Ill-formed input becomes U+FFFD, or 0 is returned when `strict`. */
WINMEM_SHARED size_t host_utf16_to_utf8(const uint16_t *wide, size_t length, char *text, size_t size, int strict);
WINMEM_SHARED size_t host_utf8_to_utf16(const char *text, size_t length, uint16_t *wide, size_t size, int strict);
/* Units before the terminator. */
WINMEM_SHARED size_t host_utf16_length(const uint16_t *wide);

#endif
