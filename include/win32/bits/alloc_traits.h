/* The C++ library's own <bits/alloc_traits.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/alloc_traits.h>
#include "winmem_std_end.h"
