/* winmem_std_narrow.h: up to the pop of _GLIBCXX_USE_WCHAR_T, the C++ library's headers leave out what says that its own
 * instances for wchar_t serve: those are made for 32 bits, and with -fshort-wchar the program makes its own. */
#pragma GCC system_header
#pragma push_macro("_GLIBCXX_USE_WCHAR_T")
#if __SIZEOF_WCHAR_T__ == 2
#undef _GLIBCXX_USE_WCHAR_T
#endif
