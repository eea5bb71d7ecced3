/* The C++ library's own <bits/hashtable.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/hashtable.h>
#include "winmem_std_end.h"
