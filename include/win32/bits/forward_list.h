/* The C++ library's own <bits/forward_list.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/forward_list.h>
#include "winmem_std_end.h"
