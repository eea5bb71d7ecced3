# The `winmem` tool: main.c picks the subcommand, one file each. It sees the library's internals: it links the static one.
file(GLOB tool_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/winmem/*.c)
if(tool_sources)
  add_executable(winmem_tool ${tool_sources})
  set_target_properties(winmem_tool PROPERTIES OUTPUT_NAME winmem)
  target_include_directories(winmem_tool PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tools/winmem)
  target_compile_definitions(winmem_tool PRIVATE _GNU_SOURCE WINMEM_VERSION="${PROJECT_VERSION}")
  target_link_libraries(winmem_tool PRIVATE winmem_warnings $<TARGET_NAME_IF_EXISTS:winmem_base_static> winmem_static)
endif()

# libwinmem-run: what `winmem run` puts in front of a program besides malloc.
add_library(winmem-run SHARED ${CMAKE_SOURCE_DIR}/src/preload/mmap.c ${CMAKE_SOURCE_DIR}/src/preload/start.c
  ${CMAKE_SOURCE_DIR}/src/preload/quiet.c ${CMAKE_SOURCE_DIR}/src/preload/syscalls.c
  ${CMAKE_SOURCE_DIR}/src/preload/dispatch.c ${CMAKE_SOURCE_DIR}/src/preload/files.c
  ${CMAKE_SOURCE_DIR}/src/preload/numbers.c ${CMAKE_SOURCE_DIR}/src/preload/async.c
  ${CMAKE_SOURCE_DIR}/src/preload/syscall.S ${CMAKE_SOURCE_DIR}/src/preload/gate.S)
winmem_library_flags(winmem-run)
target_compile_options(winmem-run PRIVATE -ftls-model=initial-exec)
target_link_libraries(winmem-run PRIVATE winmem ${CMAKE_DL_LIBS})
target_link_options(winmem-run PRIVATE -Wl,-z,now -Wl,-Bsymbolic-functions)
set_target_properties(winmem-run PROPERTIES NO_SONAME ON)

# winmem_paged_test(NAME TIMEOUT ENVIRONMENT [malloc]): preload_NAME under a budget, in all modes, as `winmem run` starts it.
function(winmem_paged_test name timeout environment)
  if(WINMEM_SANITIZE)
    return()
  endif()
  set(preload $<TARGET_FILE:winmem-run>)
  if("malloc" IN_LIST ARGN)
    string(APPEND preload ":$<TARGET_FILE:winmem-malloc>")
  endif()
  foreach(mode signal thread protection)
    add_test(NAME preload/${name}_${mode} COMMAND preload_${name})
    set_tests_properties(preload/${name}_${mode} PROPERTIES TIMEOUT ${timeout}
      ENVIRONMENT "${environment};WINMEM_FAULTS=${mode};LD_PRELOAD=${preload}")
  endforeach()
  winmem_protection_variant(preload/${name}_protection)
endfunction()

add_executable(preload_mappings ${CMAKE_SOURCE_DIR}/tests/preload/mappings.c)
target_compile_definitions(preload_mappings PRIVATE _GNU_SOURCE)
target_link_libraries(preload_mappings PRIVATE winmem_warnings)
add_test(NAME preload/mappings_plain COMMAND preload_mappings)
if(NOT WINMEM_SANITIZE)
  add_test(NAME preload/mappings COMMAND preload_mappings)
  set_tests_properties(preload/mappings PROPERTIES
    ENVIRONMENT "WINMEM_RAM=256M;LD_PRELOAD=$<TARGET_FILE:winmem-run>")
endif()

# What the C library does by itself on paged-out memory.
add_executable(preload_inside ${CMAKE_SOURCE_DIR}/tests/preload/inside.c)
target_compile_definitions(preload_inside PRIVATE _GNU_SOURCE)
target_include_directories(preload_inside PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_inside PRIVATE winmem_warnings Threads::Threads)
add_test(NAME preload/inside_plain COMMAND preload_inside)
winmem_paged_test(inside 80 "WINMEM_RAM=12M" malloc)

# The same system calls on paged-out memory, faults resolved by the faulting thread and by a thread.
add_executable(preload_calls ${CMAKE_SOURCE_DIR}/tests/preload/calls.c)
target_compile_definitions(preload_calls PRIVATE _GNU_SOURCE)
target_include_directories(preload_calls PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_calls PRIVATE winmem_warnings Threads::Threads)
winmem_paged_test(calls 120 "WINMEM_RAM=8M;WINMEM_PAGEFILE=256M")

# The helper of NBD paging files: a process of its own, found beside the library or under libexec.
if(NBD_FOUND)
  add_executable(winmem-nbd ${CMAKE_SOURCE_DIR}/tools/nbd/winmem-nbd.c)
  target_include_directories(winmem-nbd PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(winmem-nbd PRIVATE _GNU_SOURCE)
  target_link_libraries(winmem-nbd PRIVATE winmem_warnings PkgConfig::NBD)
endif()

# Alternate signal stacks, and a program's own stacks, in paged-out memory.
add_executable(preload_stacks ${CMAKE_SOURCE_DIR}/tests/preload/stacks.c)
target_compile_definitions(preload_stacks PRIVATE _GNU_SOURCE)
target_include_directories(preload_stacks PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_stacks PRIVATE winmem_warnings Threads::Threads)
winmem_paged_test(stacks 60 "WINMEM_RAM=4M" malloc)

# A program with calls of its own in the place of the C library's.
add_executable(preload_own ${CMAKE_SOURCE_DIR}/tests/preload/own.c)
target_compile_definitions(preload_own PRIVATE _GNU_SOURCE)
target_include_directories(preload_own PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_own PRIVATE winmem_warnings Threads::Threads)
set_target_properties(preload_own PROPERTIES ENABLE_EXPORTS ON)
winmem_paged_test(own 60 "WINMEM_RAM=4M" malloc)

# Objects of system calls that go on in a page that is not there.
add_executable(preload_crossing ${CMAKE_SOURCE_DIR}/tests/preload/crossing.c)
target_compile_definitions(preload_crossing PRIVATE _GNU_SOURCE)
target_include_directories(preload_crossing PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_crossing PRIVATE winmem_warnings)
winmem_paged_test(crossing 60 "WINMEM_RAM=4M" malloc)

# Memory that the program locks itself, and a program that gives up root.
add_executable(preload_locked ${CMAKE_SOURCE_DIR}/tests/preload/locked.c)
target_compile_definitions(preload_locked PRIVATE _GNU_SOURCE)
target_include_directories(preload_locked PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_locked PRIVATE winmem_warnings)
winmem_paged_test(locked 120 "WINMEM_RAM=4M")

# Paging starts while others are in the kernel.
add_executable(preload_starting ${CMAKE_SOURCE_DIR}/tests/preload/starting.c)
target_compile_definitions(preload_starting PRIVATE _GNU_SOURCE)
target_include_directories(preload_starting PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_starting PRIVATE winmem_warnings Threads::Threads)
winmem_paged_test(starting 60 "WINMEM_RAM=16M" malloc)
