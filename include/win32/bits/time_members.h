/* The C++ library's own <bits/time_members.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/time_members.h>
#include "winmem_std_end.h"
