/* The C++ library's own <bits/hashtable_policy.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/hashtable_policy.h>
#include "winmem_std_end.h"
