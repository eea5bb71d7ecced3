/* winmem_wide_input.h: the functions of wide input streams that the C++ library has no template for. Included by
 * <bits/istream.tcc>. */
#ifndef WINMEM_WIDE_INPUT_H
#define WINMEM_WIDE_INPUT_H
#pragma GCC system_header

namespace std {
template <>
inline basic_istream<wchar_t> &basic_istream<wchar_t>::getline(char_type *to, streamsize size, char_type end)
{
    _M_gcount = 0;
    ios_base::iostate state = ios_base::goodbit;
    streamsize stored = 0;
    sentry ready(*this, true);
    if (ready) {
        int_type next = this->rdbuf()->sgetc();
        while (stored + 1 < size && next != traits_type::eof() && traits_type::to_char_type(next) != end) {
            to[stored++] = traits_type::to_char_type(next);
            _M_gcount++;
            next = this->rdbuf()->snextc();
        }
        if (next == traits_type::eof())
            state |= ios_base::eofbit;
        else if (traits_type::to_char_type(next) == end) {
            _M_gcount++;
            this->rdbuf()->sbumpc();
        } else
            state |= ios_base::failbit;
    }
    if (size > 0)
        to[stored] = 0;
    if (!_M_gcount)
        state |= ios_base::failbit;
    if (state)
        this->setstate(state);
    return *this;
}
template <>
inline basic_istream<wchar_t> &basic_istream<wchar_t>::ignore(streamsize count, int_type end)
{
    _M_gcount = 0;
    sentry ready(*this, true);
    if (!ready)
        return *this;
    const bool all = count == __gnu_cxx::__numeric_traits<streamsize>::__max;
    while (all || _M_gcount < count) {
        int_type next = this->rdbuf()->sbumpc();
        if (next == traits_type::eof()) {
            this->setstate(ios_base::eofbit);
            break;
        }
        _M_gcount++;
        if (next == end)
            break;
    }
    return *this;
}
template <>
inline basic_istream<wchar_t> &basic_istream<wchar_t>::ignore(streamsize count)
{
    return ignore(count, traits_type::eof());
}
template <>
inline basic_istream<wchar_t> &getline(basic_istream<wchar_t> &from, basic_string<wchar_t> &to, wchar_t end)
{
    typedef char_traits<wchar_t> traits;
    ios_base::iostate state = ios_base::goodbit;
    bool some = false;
    basic_istream<wchar_t>::sentry ready(from, true);
    if (ready) {
        to.erase();
        for (;;) {
            traits::int_type next = from.rdbuf()->sbumpc();
            if (next == traits::eof()) {
                state |= ios_base::eofbit;
                break;
            }
            some = true;
            if (traits::to_char_type(next) == end)
                break;
            to += traits::to_char_type(next);
        }
    }
    if (!some)
        state |= ios_base::failbit;
    from.setstate(state);
    return from;
}
}

#endif
