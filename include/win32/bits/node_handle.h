/* The C++ library's own <bits/node_handle.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/node_handle.h>
#include "winmem_std_end.h"
