/* The C++ library's own <bits/unordered_map.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/unordered_map.h>
#include "winmem_std_end.h"
