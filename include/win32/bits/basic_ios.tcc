/* The C++ library's own <bits/basic_ios.tcc>, read with its own __try, and without its instances for wide characters. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include "winmem_std_narrow.h"
#include_next <bits/basic_ios.tcc>
#pragma pop_macro("_GLIBCXX_USE_WCHAR_T")
#if __SIZEOF_WCHAR_T__ == 2
namespace std {
/* Whatever the locale: the facets of 16 bits. */
template <>
inline void basic_ios<wchar_t>::_M_cache_locale(const locale &)
{
    _M_ctype = &winmem_facet<winmem_ctype>();
    _M_num_put = &winmem_facet<winmem_num_put>();
    _M_num_get = &winmem_facet<winmem_num_get>();
}
}
#endif
#include "winmem_std_end.h"
