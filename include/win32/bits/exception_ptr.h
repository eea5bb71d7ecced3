/* The C++ library's own <bits/exception_ptr.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/exception_ptr.h>
#include "winmem_std_end.h"
