/* winmem_std_end.h: the end of what winmem_std_begin.h began. */
#pragma GCC system_header
#pragma pop_macro("__try")
