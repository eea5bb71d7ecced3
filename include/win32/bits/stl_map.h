/* The C++ library's own <bits/stl_map.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/stl_map.h>
#include "winmem_std_end.h"
