/* The C++ library's own <bits/unordered_set.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/unordered_set.h>
#include "winmem_std_end.h"
