/* winmem_wide_codecvt.h: the facet that turns 16-bit wide characters into bytes and back, which the C++ library has for 32
 * bits only: UTF-8. Included by <bits/codecvt.h>. */
#ifndef WINMEM_WIDE_CODECVT_H
#define WINMEM_WIDE_CODECVT_H
#pragma GCC system_header

namespace std {
inline codecvt_base::result codecvt<wchar_t, char, mbstate_t>::do_out(state_type &, const intern_type *from,
                                                                      const intern_type *from_end,
                                                                      const intern_type *&from_next, extern_type *to,
                                                                      extern_type *to_end, extern_type *&to_next) const
{
    for (from_next = from, to_next = to; from_next < from_end;) {
        unsigned code = static_cast<unsigned>(*from_next);
        int units = 1;
        if ((code & 0xFC00) == 0xD800) {
            if (from_next + 1 == from_end)
                return partial;
            if ((from_next[1] & 0xFC00) == 0xDC00) {
                code = 0x10000 + ((code & 0x3FF) << 10 | (static_cast<unsigned>(from_next[1]) & 0x3FF));
                units = 2;
            }
        }
        int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        if (to_end - to_next <= more)
            return partial;
        static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
        *to_next++ = static_cast<char>(lead[more] | code >> 6 * more);
        while (more--)
            *to_next++ = static_cast<char>(0x80 | (code >> 6 * more & 0x3F));
        from_next += units;
    }
    return ok;
}
inline codecvt_base::result codecvt<wchar_t, char, mbstate_t>::do_unshift(state_type &, extern_type *to, extern_type *,
                                                                          extern_type *&to_next) const
{
    to_next = to;
    return noconv;
}
inline codecvt_base::result codecvt<wchar_t, char, mbstate_t>::do_in(state_type &, const extern_type *from,
                                                                     const extern_type *from_end,
                                                                     const extern_type *&from_next, intern_type *to,
                                                                     intern_type *to_end, intern_type *&to_next) const
{
    for (from_next = from, to_next = to; from_next < from_end;) {
        unsigned code = static_cast<unsigned char>(*from_next);
        int more = code < 0x80 ? 0 : code >= 0xC2 && code < 0xE0 ? 1 : code >= 0xE0 && code < 0xF0 ? 2 : code >= 0xF0 && code < 0xF5 ? 3 : -1;
        if (more < 0)
            return error;
        if (from_end - from_next <= more || to_end - to_next < (more == 3 ? 2 : 1))
            return partial;
        if (more)
            code &= 0x3Fu >> more;
        for (int i = 1; i <= more; i++) {
            if ((from_next[i] & 0xC0) != 0x80)
                return error;
            code = code << 6 | (static_cast<unsigned char>(from_next[i]) & 0x3F);
        }
        from_next += more + 1;
        if (code < 0x10000) {
            *to_next++ = static_cast<wchar_t>(code);
        } else {
            *to_next++ = static_cast<wchar_t>(0xD7C0 + (code >> 10));
            *to_next++ = static_cast<wchar_t>(0xDC00 | (code & 0x3FF));
        }
    }
    return ok;
}
inline int codecvt<wchar_t, char, mbstate_t>::do_encoding() const throw()
{
    return 0; /* bytes a character vary */
}
inline bool codecvt<wchar_t, char, mbstate_t>::do_always_noconv() const throw()
{
    return false;
}
inline int codecvt<wchar_t, char, mbstate_t>::do_length(state_type &state, const extern_type *from,
                                                        const extern_type *end, size_t most) const
{
    const extern_type *at = from;
    for (size_t units = 0; at < end && units < most;) {
        const extern_type *next = at;
        intern_type pair[2], *stop;
        do_in(state, at, end - at > 4 ? at + 4 : end, next, pair, pair + (most - units > 1 ? 2 : 1), stop);
        if (stop == pair)
            break;
        /* the first character of what was read */
        int size = (*at & 0x80) == 0 ? 1 : (*at & 0xE0) == 0xC0 ? 2 : (*at & 0xF0) == 0xE0 ? 3 : 4;
        at += size;
        units += size == 4 ? 2 : 1;
    }
    return static_cast<int>(at - from);
}
inline int codecvt<wchar_t, char, mbstate_t>::do_max_length() const throw()
{
    return 4;
}

struct winmem_codecvt : codecvt<wchar_t, char, mbstate_t> {
    winmem_codecvt() : codecvt<wchar_t, char, mbstate_t>(1)
    {
    }
};
/* Made at first use, never unmade. */
inline const codecvt<wchar_t, char, mbstate_t> &winmem_wide_codecvt()
{
    static const winmem_codecvt *const made = new winmem_codecvt;
    return *made;
}
template <>
inline const codecvt<wchar_t, char, mbstate_t> &use_facet<codecvt<wchar_t, char, mbstate_t>>(const locale &)
{
    return winmem_wide_codecvt();
}
#if defined(_GLIBCXX_RELEASE) && _GLIBCXX_RELEASE >= 13
template <>
inline const codecvt<wchar_t, char, mbstate_t> *
__try_use_facet<codecvt<wchar_t, char, mbstate_t>>(const locale &) noexcept
{
    return &winmem_wide_codecvt();
}
#endif
}

#endif
