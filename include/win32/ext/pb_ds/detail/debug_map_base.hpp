/* The C++ library's own <ext/pb_ds/detail/debug_map_base.hpp>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <ext/pb_ds/detail/debug_map_base.hpp>
#include "winmem_std_end.h"
