/* The C++ library's own <bits/basic_ios.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/basic_ios.tcc>
#include "winmem_std_end.h"
