/* The C++ library's own <bits/cow_string.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/cow_string.h>
#include "winmem_std_end.h"
