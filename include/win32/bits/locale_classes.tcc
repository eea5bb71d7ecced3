/* The C++ library's own <bits/locale_classes.tcc>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <bits/locale_classes.tcc>
#include "winmem_std_end.h"
