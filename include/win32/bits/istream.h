/* The C++ library's own <bits/istream.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/istream.h>
#include "winmem_std_end.h"
