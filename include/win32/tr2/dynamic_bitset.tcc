/* The C++ library's own <tr2/dynamic_bitset.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <tr2/dynamic_bitset.tcc>
#include "winmem_std_end.h"
