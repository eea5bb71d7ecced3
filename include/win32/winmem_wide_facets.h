/* winmem_wide_facets.h: what streams of 16-bit wide characters ask a locale: the classic one's answers, whichever locale
 * it is. Included by <bits/locale_facets.tcc>. */
#ifndef WINMEM_WIDE_FACETS_H
#define WINMEM_WIDE_FACETS_H
#pragma GCC system_header

#include <cwctype>

namespace std {
struct winmem_ctype : ctype<wchar_t> {
    winmem_ctype() : ctype<wchar_t>(1)
    {
    }

protected:
    static bool is_of(mask wanted, wchar_t c)
    {
        if (static_cast<unsigned>(c) < 128)
            return (ctype<char>::classic_table()[static_cast<unsigned>(c)] & wanted) != 0;
        return ((wanted & upper) && iswupper(c)) || ((wanted & lower) && iswlower(c)) ||
               ((wanted & alpha) && iswalpha(c)) || ((wanted & space) && iswspace(c)) ||
               ((wanted & punct) && iswpunct(c)) || ((wanted & print) && iswprint(c));
    }
    bool do_is(mask wanted, char_type c) const override
    {
        return is_of(wanted, c);
    }
    const char_type *do_is(const char_type *low, const char_type *high, mask *to) const override
    {
        static const mask each[] = {upper, lower, alpha, digit, xdigit, space, print, cntrl, punct};
        for (; low < high; low++, to++) {
            *to = 0;
            for (mask one : each)
                if (is_of(one, *low))
                    *to = static_cast<mask>(*to | one);
        }
        return high;
    }
    const char_type *do_scan_is(mask wanted, const char_type *low, const char_type *high) const override
    {
        while (low < high && !is_of(wanted, *low))
            low++;
        return low;
    }
    const char_type *do_scan_not(mask wanted, const char_type *low, const char_type *high) const override
    {
        while (low < high && is_of(wanted, *low))
            low++;
        return low;
    }
    char_type do_toupper(char_type c) const override
    {
        return static_cast<char_type>(towupper(c));
    }
    const char_type *do_toupper(char_type *low, const char_type *high) const override
    {
        for (; low < high; low++)
            *low = static_cast<char_type>(towupper(*low));
        return high;
    }
    char_type do_tolower(char_type c) const override
    {
        return static_cast<char_type>(towlower(c));
    }
    const char_type *do_tolower(char_type *low, const char_type *high) const override
    {
        for (; low < high; low++)
            *low = static_cast<char_type>(towlower(*low));
        return high;
    }
    char_type do_widen(char c) const override
    {
        return static_cast<unsigned char>(c);
    }
    const char *do_widen(const char *low, const char *high, char_type *to) const override
    {
        while (low < high)
            *to++ = static_cast<unsigned char>(*low++);
        return high;
    }
    char do_narrow(char_type c, char other) const override
    {
        return static_cast<unsigned>(c) < 256 ? static_cast<char>(c) : other;
    }
    const char_type *do_narrow(const char_type *low, const char_type *high, char other, char *to) const override
    {
        for (; low < high; low++)
            *to++ = do_narrow(*low, other);
        return high;
    }
};
struct winmem_num_put : num_put<wchar_t> {
    winmem_num_put() : num_put<wchar_t>(1)
    {
    }
};
struct winmem_num_get : num_get<wchar_t> {
    winmem_num_get() : num_get<wchar_t>(1)
    {
    }
};
/* What the two above keep of the punctuation of numbers. */
struct winmem_numpunct : __numpunct_cache<wchar_t> {
    winmem_numpunct() : __numpunct_cache<wchar_t>(1)
    {
        _M_grouping = "";
        _M_truename = L"true";
        _M_truename_size = 4;
        _M_falsename = L"false";
        _M_falsename_size = 5;
        _M_decimal_point = L'.';
        _M_thousands_sep = L',';
        for (size_t i = 0; i < sizeof _M_atoms_out / sizeof *_M_atoms_out; i++)
            _M_atoms_out[i] = static_cast<wchar_t>(__num_base::_S_atoms_out[i]);
        for (size_t i = 0; i < sizeof _M_atoms_in / sizeof *_M_atoms_in; i++)
            _M_atoms_in[i] = static_cast<wchar_t>(__num_base::_S_atoms_in[i]);
    }
};

/* Made at first use, never unmade: streams outlive every other object. */
template <class facet>
inline const facet &winmem_facet()
{
    static const facet *const made = new facet;
    return *made;
}
template <>
inline const ctype<wchar_t> &use_facet<ctype<wchar_t>>(const locale &)
{
    return winmem_facet<winmem_ctype>();
}
template <>
inline const num_put<wchar_t> &use_facet<num_put<wchar_t>>(const locale &)
{
    return winmem_facet<winmem_num_put>();
}
template <>
inline const num_get<wchar_t> &use_facet<num_get<wchar_t>>(const locale &)
{
    return winmem_facet<winmem_num_get>();
}
template <>
inline const __numpunct_cache<wchar_t> *
__use_cache<__numpunct_cache<wchar_t>>::operator()(const locale &) const
{
    return &winmem_facet<winmem_numpunct>();
}
}

#endif
