/* The C++ library's own <debug/safe_unordered_container.h>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <debug/safe_unordered_container.h>
#include "winmem_std_end.h"
