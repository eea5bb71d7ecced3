/* The C++ library's own <bits/exception_defines.h>; a __try of <excpt.h> that is there already stays. */
#pragma GCC system_header
#ifdef WINMEM_SEH_H
#pragma push_macro("__try")
#undef __try
#include_next <bits/exception_defines.h>
#pragma pop_macro("__try")
#else
#include_next <bits/exception_defines.h>
#endif
