# What a preset may choose.
set(WINMEM_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(WINMEM_COVERAGE "Count executed lines (gcov)" OFF)
option(WINMEM_FUZZ "Build the fuzz targets with libFuzzer (clang)" OFF)

# gcc: what a __try body does to locals is exact also where an instruction of the function itself faults. Why so many:
# docs/exceptions.md.
set(WINMEM_EXACT_FLAGS -DWINMEM_SEH_EXACT -fexceptions -fnon-call-exceptions -fno-dce -fno-peephole2 -fno-if-conversion2
  -fno-rename-registers -fno-cprop-registers -fno-gcse-after-reload)

# What Windows programs count on: an access by a null pointer happens, and raises; memory is read by another type than it was
# written by.
set(WINMEM_MEANING_FLAGS -fno-delete-null-pointer-checks -fno-strict-aliasing)

if(WINMEM_SANITIZE)
  add_compile_options(-fsanitize=${WINMEM_SANITIZE} -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${WINMEM_SANITIZE})
  add_compile_options(-Wno-maybe-uninitialized -Wno-unknown-warning-option) # gcc sees ghosts in instrumented code
  if(WINMEM_SANITIZE MATCHES "thread")
    add_compile_options($<$<C_COMPILER_ID:GNU>:-Wno-tsan>) # fences that it does not model
  endif()
  if(WINMEM_SANITIZE MATCHES "address")
    add_compile_options(-fno-sanitize-address-use-after-scope) # a filter runs on a stack that the scopes do not know
  endif()
  if(WINMEM_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=alignment) # Windows code does it much, and x86-64 allows it
  endif()
endif()
if(WINMEM_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
if(WINMEM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# What the sanitizers' runtimes must know of a library that handles faults itself and keeps its memory in an arena.
set(WINMEM_TEST_ENVIRONMENT
  "ASAN_OPTIONS=allow_user_segv_handler=1:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=0"
  "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
  "TSAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:report_signal_unsafe=0:second_deadlock_stack=1:halt_on_error=1")
