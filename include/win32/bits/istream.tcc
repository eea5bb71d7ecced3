/* The C++ library's own <bits/istream.tcc>, read with its own __try, and without its instances for wide characters. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include "winmem_std_narrow.h"
#include_next <bits/istream.tcc>
#pragma pop_macro("_GLIBCXX_USE_WCHAR_T")
#if __SIZEOF_WCHAR_T__ == 2
#include "winmem_wide_input.h"
#endif
#include "winmem_std_end.h"
