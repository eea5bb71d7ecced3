/* The C++ library's own <bits/move_only_function.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/move_only_function.h>
#include "winmem_std_end.h"
