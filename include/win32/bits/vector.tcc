/* The C++ library's own <bits/vector.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/vector.tcc>
#include "winmem_std_end.h"
