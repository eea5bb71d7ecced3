/* The C++ library's own <bits/locale_facets_nonio.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/locale_facets_nonio.tcc>
#include "winmem_std_end.h"
