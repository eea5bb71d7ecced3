/* winmem_crt_text.h: the text functions that Microsoft's <string.h> and <wchar.h> have alike: included once for each kind
 * of character, with CRT_CHAR and CRT_NAME set. Errors: 22 (EINVAL), 34 (ERANGE), 80 (STRUNCATE). No guard. */
WINMEM_TEXT_INLINE int CRT_NAME(cpy_s)(CRT_CHAR *to, size_t size, const CRT_CHAR *from)
{
    if (!to || size == 0)
        return winmem_invalid_parameter(22);
    for (size_t i = 0; from && i < size; i++)
        if ((to[i] = from[i]) == 0)
            return 0;
    to[0] = 0;
    return winmem_invalid_parameter(from ? 34 : 22);
}
WINMEM_TEXT_INLINE size_t CRT_NAME(nlen_s)(const CRT_CHAR *text, size_t most)
{
    size_t length = 0;
    while (text && length < most && text[length])
        length++;
    return length;
}
WINMEM_TEXT_INLINE int CRT_NAME(ncpy_s)(CRT_CHAR *to, size_t size, const CRT_CHAR *from, size_t count)
{
    if (!to && size == 0 && count == 0)
        return 0;
    if (!to || size == 0)
        return winmem_invalid_parameter(22);
    to[0] = 0;
    if (!from && count)
        return winmem_invalid_parameter(22);
    size_t length = CRT_NAME(nlen_s)(from, count);
    if (length >= size && count != (size_t)-1)
        return winmem_invalid_parameter(34);
    size_t part = length < size ? length : size - 1;
    for (size_t i = 0; i < part; i++)
        to[i] = from[i];
    to[part] = 0;
    return part == length ? 0 : 80;
}
WINMEM_TEXT_INLINE int CRT_NAME(ncat_s)(CRT_CHAR *to, size_t size, const CRT_CHAR *from, size_t count)
{
    if (!to && size == 0 && count == 0)
        return 0;
    size_t length = CRT_NAME(nlen_s)(to, size);
    if (!to || length == size || (!from && count)) {
        if (to && size)
            to[0] = 0;
        return winmem_invalid_parameter(22);
    }
    size_t more = CRT_NAME(nlen_s)(from, count);
    if (more >= size - length && count != (size_t)-1) {
        to[0] = 0;
        return winmem_invalid_parameter(34);
    }
    size_t part = more < size - length ? more : size - length - 1;
    for (size_t i = 0; i < part; i++)
        to[length + i] = from[i];
    to[length + part] = 0;
    return part == more ? 0 : 80;
}
WINMEM_TEXT_INLINE int CRT_NAME(cat_s)(CRT_CHAR *to, size_t size, const CRT_CHAR *from)
{
    size_t length = CRT_NAME(nlen_s)(to, size);
    if (!to || length == size || !from) {
        if (to && size)
            to[0] = 0;
        return winmem_invalid_parameter(22);
    }
    for (size_t i = length; i < size; i++)
        if ((to[i] = from[i - length]) == 0)
            return 0;
    to[0] = 0;
    return winmem_invalid_parameter(34);
}
WINMEM_TEXT_INLINE CRT_CHAR *CRT_UNDER(rev)(CRT_CHAR *text)
{
    for (size_t low = 0, high = CRT_NAME(nlen_s)(text, (size_t)-1); low + 1 < high; low++) {
        CRT_CHAR first = text[low];
        text[low] = text[--high];
        text[high] = first;
    }
    return text;
}
WINMEM_TEXT_INLINE CRT_CHAR *CRT_UNDER(nset)(CRT_CHAR *text, CRT_FILL fill, size_t count)
{
    for (size_t i = 0; i < count && text[i]; i++)
        text[i] = (CRT_CHAR)fill;
    return text;
}
WINMEM_TEXT_INLINE CRT_CHAR *CRT_UNDER(set)(CRT_CHAR *text, CRT_FILL fill)
{
    return CRT_UNDER(nset)(text, fill, (size_t)-1);
}
WINMEM_TEXT_INLINE int CRT_UNDER(lwr_s)(CRT_CHAR *text, size_t size)
{
    if (!text || CRT_NAME(nlen_s)(text, size) == size)
        return winmem_invalid_parameter(22);
    CRT_UNDER(lwr)(text);
    return 0;
}
WINMEM_TEXT_INLINE int CRT_UNDER(upr_s)(CRT_CHAR *text, size_t size)
{
    if (!text || CRT_NAME(nlen_s)(text, size) == size)
        return winmem_invalid_parameter(22);
    CRT_UNDER(upr)(text);
    return 0;
}
WINMEM_TEXT_INLINE int CRT_UNDER(set_s)(CRT_CHAR *text, size_t size, CRT_FILL fill)
{
    if (!text || CRT_NAME(nlen_s)(text, size) == size)
        return winmem_invalid_parameter(22);
    CRT_UNDER(set)(text, fill);
    return 0;
}
WINMEM_TEXT_INLINE int CRT_UNDER(nset_s)(CRT_CHAR *text, size_t size, CRT_FILL fill, size_t count)
{
    if (!text || CRT_NAME(nlen_s)(text, size) == size)
        return winmem_invalid_parameter(22);
    CRT_UNDER(nset)(text, fill, count);
    return 0;
}
#ifdef __cplusplus
/* The forms that take the size from the array. */
extern "C++" {
template <size_t size>
inline int CRT_NAME(cpy_s)(CRT_CHAR (&to)[size], const CRT_CHAR *from)
{
    return CRT_NAME(cpy_s)(to, size, from);
}
template <size_t size>
inline int CRT_NAME(cat_s)(CRT_CHAR (&to)[size], const CRT_CHAR *from)
{
    return CRT_NAME(cat_s)(to, size, from);
}
template <size_t size>
inline int CRT_NAME(ncpy_s)(CRT_CHAR (&to)[size], const CRT_CHAR *from, size_t count)
{
    return CRT_NAME(ncpy_s)(to, size, from, count);
}
template <size_t size>
inline int CRT_NAME(ncat_s)(CRT_CHAR (&to)[size], const CRT_CHAR *from, size_t count)
{
    return CRT_NAME(ncat_s)(to, size, from, count);
}
template <size_t size>
inline int CRT_UNDER(lwr_s)(CRT_CHAR (&text)[size])
{
    return CRT_UNDER(lwr_s)(text, size);
}
template <size_t size>
inline int CRT_UNDER(upr_s)(CRT_CHAR (&text)[size])
{
    return CRT_UNDER(upr_s)(text, size);
}
}
#endif
#undef CRT_NAME
#undef CRT_UNDER
#undef CRT_CHAR
#undef CRT_FILL
