/* The C++ library's own <bits/sstream.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/sstream.tcc>
#include "winmem_std_end.h"
