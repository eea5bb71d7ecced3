/* The C++ library's own <ext/pb_ds/detail/resize_policy/hash_load_check_resize_trigger_imp.hpp>, read with its own __try. */
#pragma GCC system_header
#include "winmem_std_begin.h"
#include_next <ext/pb_ds/detail/resize_policy/hash_load_check_resize_trigger_imp.hpp>
#include "winmem_std_end.h"
