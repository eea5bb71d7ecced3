# Warnings are errors, on gcc and clang alike.
add_library(winmem_warnings INTERFACE)
target_compile_options(winmem_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith -Wwrite-strings -fno-strict-aliasing
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>)
