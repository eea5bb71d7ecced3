/* The C++ library's own <bits/codecvt.h>, without its instances, and its wide facet for 16 bits. */
#pragma GCC system_header
#if __SIZEOF_WCHAR_T__ == 2
#pragma push_macro("_GLIBCXX_EXTERN_TEMPLATE")
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#include_next <bits/codecvt.h>
#pragma pop_macro("_GLIBCXX_EXTERN_TEMPLATE")
#include "winmem_wide_codecvt.h"
#else
#include_next <bits/codecvt.h>
#endif
