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
  ${CMAKE_SOURCE_DIR}/src/preload/dispatch.c ${CMAKE_SOURCE_DIR}/src/preload/files.c ${CMAKE_SOURCE_DIR}/src/preload/gate.S)
winmem_library_flags(winmem-run)
target_compile_options(winmem-run PRIVATE -ftls-model=initial-exec)
target_link_libraries(winmem-run PRIVATE winmem ${CMAKE_DL_LIBS})
target_link_options(winmem-run PRIVATE -Wl,-z,now)
set_target_properties(winmem-run PROPERTIES NO_SONAME ON)

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
if(NOT WINMEM_SANITIZE)
  foreach(mode signal thread)
    add_test(NAME preload/inside_${mode} COMMAND preload_inside)
    set_tests_properties(preload/inside_${mode} PROPERTIES TIMEOUT 80
      ENVIRONMENT "WINMEM_RAM=12M;WINMEM_FAULTS=${mode};LD_PRELOAD=$<TARGET_FILE:winmem-run>:$<TARGET_FILE:winmem-malloc>")
  endforeach()
endif()

# The same system calls on paged-out memory, faults resolved by the faulting thread and by a thread.
add_executable(preload_calls ${CMAKE_SOURCE_DIR}/tests/preload/calls.c)
target_compile_definitions(preload_calls PRIVATE _GNU_SOURCE)
target_include_directories(preload_calls PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_calls PRIVATE winmem_warnings Threads::Threads)
if(NOT WINMEM_SANITIZE)
  foreach(mode signal thread)
    add_test(NAME preload/calls_${mode} COMMAND preload_calls)
    set_tests_properties(preload/calls_${mode} PROPERTIES TIMEOUT 60
      ENVIRONMENT "WINMEM_RAM=8M;WINMEM_PAGEFILE=256M;WINMEM_FAULTS=${mode};LD_PRELOAD=$<TARGET_FILE:winmem-run>")
  endforeach()
endif()

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
if(NOT WINMEM_SANITIZE)
  foreach(mode signal thread)
    add_test(NAME preload/stacks_${mode} COMMAND preload_stacks)
    set_tests_properties(preload/stacks_${mode} PROPERTIES TIMEOUT 60
      ENVIRONMENT "WINMEM_RAM=4M;WINMEM_FAULTS=${mode};LD_PRELOAD=$<TARGET_FILE:winmem-run>:$<TARGET_FILE:winmem-malloc>")
  endforeach()
endif()

# Objects of system calls that go on in a page that is not there.
add_executable(preload_crossing ${CMAKE_SOURCE_DIR}/tests/preload/crossing.c)
target_compile_definitions(preload_crossing PRIVATE _GNU_SOURCE)
target_include_directories(preload_crossing PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_crossing PRIVATE winmem_warnings)
if(NOT WINMEM_SANITIZE)
  foreach(mode signal thread)
    add_test(NAME preload/crossing_${mode} COMMAND preload_crossing)
    set_tests_properties(preload/crossing_${mode} PROPERTIES TIMEOUT 60
      ENVIRONMENT "WINMEM_RAM=4M;WINMEM_FAULTS=${mode};LD_PRELOAD=$<TARGET_FILE:winmem-run>:$<TARGET_FILE:winmem-malloc>")
  endforeach()
endif()
