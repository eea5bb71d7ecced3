/* narrow.h: the UTF-8 of a caller's wide text, for wide calls that go by way of the narrow ones. Calls host/utf.h. */
#ifndef WINMEM_BASE_NARROW_H
#define WINMEM_BASE_NARROW_H

#include <stdint.h>
#include <windef.h>
#include <winnt.h>

#include "host/own.h"
#include "host/utf.h"

/* Own memory (host/own.h), the caller gives it back; NULL for NULL, or without memory. */
static inline char *narrow(LPCWSTR wide)
{
    size_t size = wide ? host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, NULL, 0, 0) : 0;
    char *text = size ? host_own_take(size) : NULL;
    if (text)
        host_utf16_to_utf8((const uint16_t *)wide, SIZE_MAX, text, size, 0);
    return text;
}

#endif
