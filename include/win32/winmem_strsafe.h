/* winmem_strsafe.h: the functions of strsafe.h for one kind of character; included by it alone, once for each kind.
 * `end` and `left` of the Ex forms: where the terminator stands and how many characters (or bytes, in the Cb forms) of
 * the target there are from it on; written unless a parameter was bad. */
#ifdef WINMEM_STRSAFE_CHAR
#define CHAR_ WINMEM_STRSAFE_CHAR
#define NAME_ WINMEM_STRSAFE_NAME
#define INNER_(name) WINMEM_STRSAFE_NAME(winmem_strsafe_##name)

WINMEM_STRSAFE HRESULT NAME_(StringCchLength)(const CHAR_ *text, size_t most, size_t *length)
{
    size_t count = 0;
    while (text && count < most && text[count])
        count++;
    int bad = !text || most > STRSAFE_MAX_CCH || count == most;
    if (length)
        *length = bad ? 0 : count;
    return bad ? STRSAFE_E_INVALID_PARAMETER : S_OK;
}

/* Behind the first `at` characters, at most `most` of `from`. */
WINMEM_STRSAFE HRESULT INNER_(put)(CHAR_ *to, size_t size, size_t at, const CHAR_ *from, size_t most, size_t *length)
{
    size_t count = 0;
    for (; at + count < size - 1 && count < most && from[count]; count++)
        to[at + count] = from[count];
    to[at + count] = 0;
    *length = at + count;
    return count < most && from[count] ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}

/* What the flags ask for at the end of an Ex form. `kept`: the text that NO_TRUNCATION leaves of the target. */
WINMEM_STRSAFE HRESULT INNER_(finish)(HRESULT result, CHAR_ *to, size_t size, size_t length, size_t kept, CHAR_ **end,
                                      size_t *left, DWORD flags)
{
    int fill = (int)(flags & 0xFF);
    if (result == S_OK && flags & STRSAFE_FILL_BEHIND_NULL && size > length + 1)
        memset(to + length + 1, fill, (size - length - 1) * sizeof(*to));
    if (result != S_OK && size && flags & STRSAFE_FILL_ON_FAILURE) {
        memset(to, fill, size * sizeof(*to));
        length = fill ? size - 1 : 0;
        to[length] = 0;
    }
    if (result != S_OK && size && flags & STRSAFE_NO_TRUNCATION && !(flags & STRSAFE_FILL_ON_FAILURE))
        to[length = kept] = 0;
    if (result != S_OK && size && flags & STRSAFE_NULL_ON_FAILURE)
        to[length = 0] = 0;
    if (result == S_OK || result == STRSAFE_E_INSUFFICIENT_BUFFER) {
        if (end)
            *end = to ? to + length : to;
        if (left)
            *left = size - length;
    }
    return result;
}

/* A parameter that is no good; what IGNORE_NULLS lets pass becomes the empty string. */
WINMEM_STRSAFE int INNER_(bad)(const CHAR_ *to, size_t size, const CHAR_ **from, DWORD flags)
{
    static const CHAR_ nothing[1] = {0};
    if (flags & ~(DWORD)STRSAFE_VALID_FLAGS || size > STRSAFE_MAX_CCH)
        return 1;
    if (!*from && flags & STRSAFE_IGNORE_NULLS)
        *from = nothing;
    return !*from || (!to && (size || !(flags & STRSAFE_IGNORE_NULLS)));
}

WINMEM_STRSAFE HRESULT NAME_(StringCchCopyNEx)(CHAR_ *to, size_t size, const CHAR_ *from, size_t most, CHAR_ **end,
                                               size_t *left, DWORD flags)
{
    size_t length = 0;
    if (INNER_(bad)(to, size, &from, flags) || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    if (size == 0 && (*from == 0 || most == 0) && !to)
        return INNER_(finish)(S_OK, to, size, 0, 0, end, left, flags);
    if (size == 0)
        return to ? STRSAFE_E_INSUFFICIENT_BUFFER : STRSAFE_E_INVALID_PARAMETER;
    HRESULT result = INNER_(put)(to, size, 0, from, most, &length);
    return INNER_(finish)(result, to, size, length, 0, end, left, flags);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchCopyEx)(CHAR_ *to, size_t size, const CHAR_ *from, CHAR_ **end, size_t *left,
                                              DWORD flags)
{
    return NAME_(StringCchCopyNEx)(to, size, from, STRSAFE_MAX_CCH, end, left, flags);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchCopyN)(CHAR_ *to, size_t size, const CHAR_ *from, size_t most)
{
    size_t length;
    if (size == 0 || size > STRSAFE_MAX_CCH || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    return INNER_(put)(to, size, 0, from, most, &length);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchCopy)(CHAR_ *to, size_t size, const CHAR_ *from)
{
    return NAME_(StringCchCopyN)(to, size, from, STRSAFE_MAX_CCH);
}

WINMEM_STRSAFE HRESULT NAME_(StringCchCatNEx)(CHAR_ *to, size_t size, const CHAR_ *from, size_t most, CHAR_ **end,
                                              size_t *left, DWORD flags)
{
    size_t kept = 0, length = 0;
    if (INNER_(bad)(to, size, &from, flags) || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    if (size == 0 && (*from == 0 || most == 0) && !to)
        return INNER_(finish)(S_OK, to, size, 0, 0, end, left, flags);
    if (size == 0 || NAME_(StringCchLength)(to, size, &kept) != S_OK)
        return STRSAFE_E_INVALID_PARAMETER;
    HRESULT result = INNER_(put)(to, size, kept, from, most, &length);
    return INNER_(finish)(result, to, size, length, kept, end, left, flags);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchCatEx)(CHAR_ *to, size_t size, const CHAR_ *from, CHAR_ **end, size_t *left,
                                             DWORD flags)
{
    return NAME_(StringCchCatNEx)(to, size, from, STRSAFE_MAX_CCH, end, left, flags);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchCatN)(CHAR_ *to, size_t size, const CHAR_ *from, size_t most)
{
    size_t length;
    HRESULT result = NAME_(StringCchLength)(to, size, &length);
    return FAILED(result) || most > STRSAFE_MAX_CCH ? STRSAFE_E_INVALID_PARAMETER
                                                    : INNER_(put)(to, size, length, from, most, &length);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchCat)(CHAR_ *to, size_t size, const CHAR_ *from)
{
    return NAME_(StringCchCatN)(to, size, from, STRSAFE_MAX_CCH);
}

#ifdef WINMEM_STRSAFE_FORMAT
WINMEM_STRSAFE HRESULT NAME_(StringCchVPrintfEx)(CHAR_ *to, size_t size, CHAR_ **end, size_t *left, DWORD flags,
                                                 const CHAR_ *format, va_list list)
{
    CHAR_ none[2];
    if (INNER_(bad)(to, size, &format, flags) || (size == 0 && to))
        return STRSAFE_E_INVALID_PARAMETER;
    int count = WINMEM_STRSAFE_FORMAT(size ? to : none, size ? size : 1, format, list);
    if (size == 0)
        return count == 0 ? INNER_(finish)(S_OK, to, size, 0, 0, end, left, flags) : STRSAFE_E_INVALID_PARAMETER;
    int cut = count < 0 || (size_t)count >= size;
    to[size - 1] = 0;
    return INNER_(finish)(cut ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK, to, size, cut ? size - 1 : (size_t)count, 0, end,
                          left, flags);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchPrintfEx)(CHAR_ *to, size_t size, CHAR_ **end, size_t *left, DWORD flags,
                                                const CHAR_ *format, ...)
{
    va_list list;
    va_start(list, format);
    HRESULT result = NAME_(StringCchVPrintfEx)(to, size, end, left, flags, format, list);
    va_end(list);
    return result;
}
WINMEM_STRSAFE HRESULT NAME_(StringCchVPrintf)(CHAR_ *to, size_t size, const CHAR_ *format, va_list list)
{
    if (size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    int count = WINMEM_STRSAFE_FORMAT(to, size, format, list);
    to[size - 1] = 0;
    return count < 0 || (size_t)count >= size ? STRSAFE_E_INSUFFICIENT_BUFFER : S_OK;
}
WINMEM_STRSAFE HRESULT NAME_(StringCchPrintf)(CHAR_ *to, size_t size, const CHAR_ *format, ...)
{
    va_list list;
    va_start(list, format);
    HRESULT result = NAME_(StringCchVPrintf)(to, size, format, list);
    va_end(list);
    return result;
}

/* A line of the standard input, without its end. */
WINMEM_STRSAFE HRESULT NAME_(StringCchGetsEx)(CHAR_ *to, size_t size, CHAR_ **end, size_t *left, DWORD flags)
{
    const CHAR_ *some = to;
    size_t length = 0;
    int got = 0;
    if (flags & ~(DWORD)STRSAFE_VALID_FLAGS || size > STRSAFE_MAX_CCH || size == 0 || !some)
        return STRSAFE_E_INVALID_PARAMETER;
    while (length < size - 1 && (got = WINMEM_STRSAFE_GETC()) != EOF && got != '\n')
        to[length++] = (CHAR_)got;
    to[length] = 0;
    HRESULT result = length == 0 && got == EOF               ? STRSAFE_E_END_OF_FILE
                     : length == size - 1 && got != '\n' ? STRSAFE_E_INSUFFICIENT_BUFFER
                                                         : S_OK;
    return INNER_(finish)(result, to, size, length, 0, end, left, flags);
}
WINMEM_STRSAFE HRESULT NAME_(StringCchGets)(CHAR_ *to, size_t size)
{
    return NAME_(StringCchGetsEx)(to, size, NULL, NULL, 0);
}
#endif

/* The same in bytes. */
WINMEM_STRSAFE HRESULT INNER_(bytes)(HRESULT result, size_t bytes, size_t *left)
{
    if (left && (result == S_OK || result == STRSAFE_E_INSUFFICIENT_BUFFER))
        *left = *left * sizeof(CHAR_) + bytes % sizeof(CHAR_);
    return result;
}
WINMEM_STRSAFE HRESULT NAME_(StringCbLength)(const CHAR_ *text, size_t most, size_t *length)
{
    HRESULT result = NAME_(StringCchLength)(text, most / sizeof(CHAR_), length);
    if (length)
        *length *= sizeof(CHAR_);
    return result;
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCopy)(CHAR_ *to, size_t bytes, const CHAR_ *from)
{
    return NAME_(StringCchCopy)(to, bytes / sizeof(CHAR_), from);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCopyN)(CHAR_ *to, size_t bytes, const CHAR_ *from, size_t most)
{
    return NAME_(StringCchCopyN)(to, bytes / sizeof(CHAR_), from, most / sizeof(CHAR_));
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCopyEx)(CHAR_ *to, size_t bytes, const CHAR_ *from, CHAR_ **end, size_t *left,
                                             DWORD flags)
{
    return INNER_(bytes)(NAME_(StringCchCopyEx)(to, bytes / sizeof(CHAR_), from, end, left, flags), bytes, left);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCopyNEx)(CHAR_ *to, size_t bytes, const CHAR_ *from, size_t most, CHAR_ **end,
                                              size_t *left, DWORD flags)
{
    size_t count = most / sizeof(CHAR_);
    return INNER_(bytes)(NAME_(StringCchCopyNEx)(to, bytes / sizeof(CHAR_), from, count, end, left, flags), bytes,
                         left);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCat)(CHAR_ *to, size_t bytes, const CHAR_ *from)
{
    return NAME_(StringCchCat)(to, bytes / sizeof(CHAR_), from);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCatN)(CHAR_ *to, size_t bytes, const CHAR_ *from, size_t most)
{
    return NAME_(StringCchCatN)(to, bytes / sizeof(CHAR_), from, most / sizeof(CHAR_));
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCatEx)(CHAR_ *to, size_t bytes, const CHAR_ *from, CHAR_ **end, size_t *left,
                                            DWORD flags)
{
    return INNER_(bytes)(NAME_(StringCchCatEx)(to, bytes / sizeof(CHAR_), from, end, left, flags), bytes, left);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbCatNEx)(CHAR_ *to, size_t bytes, const CHAR_ *from, size_t most, CHAR_ **end,
                                             size_t *left, DWORD flags)
{
    size_t count = most / sizeof(CHAR_);
    return INNER_(bytes)(NAME_(StringCchCatNEx)(to, bytes / sizeof(CHAR_), from, count, end, left, flags), bytes,
                         left);
}
#ifdef WINMEM_STRSAFE_FORMAT
WINMEM_STRSAFE HRESULT NAME_(StringCbVPrintf)(CHAR_ *to, size_t bytes, const CHAR_ *format, va_list list)
{
    return NAME_(StringCchVPrintf)(to, bytes / sizeof(CHAR_), format, list);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbPrintf)(CHAR_ *to, size_t bytes, const CHAR_ *format, ...)
{
    va_list list;
    va_start(list, format);
    HRESULT result = NAME_(StringCchVPrintf)(to, bytes / sizeof(CHAR_), format, list);
    va_end(list);
    return result;
}
WINMEM_STRSAFE HRESULT NAME_(StringCbVPrintfEx)(CHAR_ *to, size_t bytes, CHAR_ **end, size_t *left, DWORD flags,
                                                const CHAR_ *format, va_list list)
{
    return INNER_(bytes)(NAME_(StringCchVPrintfEx)(to, bytes / sizeof(CHAR_), end, left, flags, format, list), bytes,
                         left);
}
WINMEM_STRSAFE HRESULT NAME_(StringCbPrintfEx)(CHAR_ *to, size_t bytes, CHAR_ **end, size_t *left, DWORD flags,
                                               const CHAR_ *format, ...)
{
    va_list list;
    va_start(list, format);
    HRESULT result = NAME_(StringCbVPrintfEx)(to, bytes, end, left, flags, format, list);
    va_end(list);
    return result;
}
WINMEM_STRSAFE HRESULT NAME_(StringCbGets)(CHAR_ *to, size_t bytes)
{
    return NAME_(StringCchGets)(to, bytes / sizeof(CHAR_));
}
WINMEM_STRSAFE HRESULT NAME_(StringCbGetsEx)(CHAR_ *to, size_t bytes, CHAR_ **end, size_t *left, DWORD flags)
{
    return INNER_(bytes)(NAME_(StringCchGetsEx)(to, bytes / sizeof(CHAR_), end, left, flags), bytes, left);
}
#endif
#undef CHAR_
#undef NAME_
#undef INNER_
#endif
