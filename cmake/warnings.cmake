# Warnings are errors, on gcc and clang alike.
add_library(winmem_warnings INTERFACE)
target_compile_options(winmem_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith -Wwrite-strings -fno-strict-aliasing
  # gcc does not see that an out parameter is written on success; clang's analyzer (./dev lint tidy) looks through calls.
  $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>)
