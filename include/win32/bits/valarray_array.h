/* The C++ library's own <bits/valarray_array.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/valarray_array.h>
#include "winmem_std_end.h"
