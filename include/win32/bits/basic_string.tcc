/* The C++ library's own <bits/basic_string.tcc>, read with its own __try, and without its instances for wide characters. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include "winmem_std_narrow.h"
#include_next <bits/basic_string.tcc>
#pragma pop_macro("_GLIBCXX_USE_WCHAR_T")
#include "winmem_std_end.h"
