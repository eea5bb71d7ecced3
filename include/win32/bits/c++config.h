/* bits/c++config.h: libstdc++'s own, then: where -fshort-wchar makes wchar_t 16 bits, std::basic_string is instantiated in
 * the program, as the instances inside libstdc++ are made for 32 bits. (-1 is the library's value for just that.) */
#pragma GCC system_header
#include_next <bits/c++config.h>
#if __SIZEOF_WCHAR_T__ == 2 && _GLIBCXX_EXTERN_TEMPLATE > 0
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE -1
#endif
