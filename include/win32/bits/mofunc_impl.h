/* The C++ library's own <bits/mofunc_impl.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/mofunc_impl.h>
#include "winmem_std_end.h"
