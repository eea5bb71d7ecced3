/* The C++ library's own <bits/unique_ptr.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/unique_ptr.h>
#include "winmem_std_end.h"
