/* winmem_std_begin.h: the GNU C++ library names its own try block macro __try. Between this and winmem_std_end.h the word
 * means what that library wants; the headers of it that use the word are wrapped by ones of the same name here. */
#pragma GCC system_header
#pragma push_macro("__try")
#undef __try
#if __cpp_exceptions
#define __try try
#else
#define __try if (true)
#endif
