/* The C++ library's own <bits/ostream_print.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/ostream_print.h>
#include "winmem_std_end.h"
