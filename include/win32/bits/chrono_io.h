/* The C++ library's own <bits/chrono_io.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/chrono_io.h>
#include "winmem_std_end.h"
