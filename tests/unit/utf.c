/* UTF-8 and UTF-16 both ways, well-formed and not. */
#include "check.h"
#include "host/utf.h"

#include <string.h>

int main(void)
{
    static const uint16_t wide[] = {'a', 0xE9, 0x20AC, 0xD83D, 0xDE00, 0};
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    char narrow[32];
    uint16_t back[32];
    CHECK_EQ(host_utf16_to_utf8(wide, SIZE_MAX, narrow, sizeof narrow, 1), sizeof text);
    CHECK(!strcmp(narrow, text));
    CHECK_EQ(host_utf8_to_utf16(text, SIZE_MAX, back, 32, 1), 6);
    CHECK(!memcmp(back, wide, sizeof wide));
    CHECK_EQ(host_utf8_to_utf16("\xC0\x80", 2, back, 32, 1), 0);     /* overlong */
    CHECK_EQ(host_utf8_to_utf16("\xED\xA0\x80", 3, back, 32, 1), 0); /* a surrogate */
    CHECK_EQ(host_utf8_to_utf16("\xE2\x82", 2, back, 32, 1), 0);     /* cut off */
    CHECK_EQ(host_utf8_to_utf16("\xFF", 1, back, 32, 0), 1);
    CHECK_EQ(back[0], 0xFFFD);
    static const uint16_t lone[] = {0xD800, 'x'};
    CHECK_EQ(host_utf16_to_utf8(lone, 2, narrow, sizeof narrow, 1), 0);
    CHECK_EQ(host_utf16_to_utf8(lone, 2, narrow, sizeof narrow, 0), 4);
    narrow[0] = 'k';
    CHECK_EQ(host_utf16_to_utf8(wide, SIZE_MAX, narrow, 3, 1), sizeof text);
    CHECK_EQ(narrow[0], 'k'); /* too small: only counted */
    return CHECK_DONE();
}
