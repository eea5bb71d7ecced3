/* The C++ library's own <bits/stl_iterator.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/stl_iterator.h>
#include "winmem_std_end.h"
