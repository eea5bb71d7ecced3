# libwinmem-malloc.so: malloc and operator new on the process heap of libwinmem.so, for LD_PRELOAD and for linking.

# A test that runs a third time, by protection: debug builds do so in the long run only, to keep the quick one quick.
function(winmem_protection_variant name)
  if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    set_property(TEST ${name} APPEND PROPERTY LABELS long)
  endif()
endfunction()

# The archive goes into a program whole, before libwinmem.a. Such a program has asked for the library: it is not quiet.
set(malloc_sources ${CMAKE_SOURCE_DIR}/src/preload/malloc.c ${CMAKE_SOURCE_DIR}/src/preload/malloc_cxx.cpp)
add_library(winmem-malloc SHARED ${malloc_sources} ${CMAKE_SOURCE_DIR}/src/preload/quiet.c
  ${CMAKE_SOURCE_DIR}/src/preload/deepbind.c ${CMAKE_SOURCE_DIR}/src/preload/deepbind.S)
add_library(winmem_malloc_static STATIC ${malloc_sources})
foreach(target winmem-malloc winmem_malloc_static)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include
    ${CMAKE_SOURCE_DIR}/include/win32)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE $<$<CONFIG:Debug>:WINMEM_DEBUG=1>)
  target_compile_options(${target} PRIVATE -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt -fno-builtin
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti> $<$<COMPILE_LANGUAGE:C>:-fno-builtin-malloc>)
  target_link_libraries(${target} PRIVATE winmem_warnings)
endforeach()
set_target_properties(winmem_malloc_static PROPERTIES OUTPUT_NAME winmem-malloc)
target_link_libraries(winmem-malloc PRIVATE winmem)
target_link_options(winmem-malloc PRIVATE -Wl,-Bsymbolic-functions -Wl,-z,now -Wl,-z,nodelete -Wl,-z,noseparate-code)
set_target_properties(winmem-malloc PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C)

# The allocation calls as a conformance suite asks them: on the C library's own malloc, then on ours.
add_executable(preload_malloc ${CMAKE_SOURCE_DIR}/tests/preload/malloc.c)
add_executable(preload_new ${CMAKE_SOURCE_DIR}/tests/preload/new.cpp)
add_executable(preload_jump ${CMAKE_SOURCE_DIR}/tests/preload/jump.c)
foreach(test malloc new jump)
  target_compile_definitions(preload_${test} PRIVATE _GNU_SOURCE)
  target_include_directories(preload_${test} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_options(preload_${test} PRIVATE -fno-builtin -Wno-pragmas -Wno-unknown-warning-option
    -Wno-alloc-size-larger-than -Wno-use-after-free)
  target_link_libraries(preload_${test} PRIVATE winmem_warnings Threads::Threads)
  if(NOT WINMEM_SANITIZE)
    add_test(NAME preload/${test} COMMAND preload_${test})
    set_tests_properties(preload/${test} PROPERTIES TIMEOUT 90 ENVIRONMENT "LD_PRELOAD=$<TARGET_FILE:winmem-malloc>")
  endif()
endforeach()
# The same, linked.
add_executable(preload_malloc_static ${CMAKE_SOURCE_DIR}/tests/preload/malloc.c)
target_compile_definitions(preload_malloc_static PRIVATE _GNU_SOURCE)
target_include_directories(preload_malloc_static PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_compile_options(preload_malloc_static PRIVATE -fno-builtin -Wno-pragmas -Wno-unknown-warning-option
  -Wno-alloc-size-larger-than -Wno-use-after-free)
target_link_libraries(preload_malloc_static PRIVATE winmem_warnings -Wl,--whole-archive winmem_malloc_static
  -Wl,--no-whole-archive winmem_static Threads::Threads)
if(NOT WINMEM_SANITIZE)
  add_test(NAME preload/malloc_static COMMAND preload_malloc_static)
  set_tests_properties(preload/malloc_static PROPERTIES TIMEOUT 90)
endif()
target_compile_features(preload_new PRIVATE cxx_std_17)
target_compile_options(preload_new PRIVATE -fsized-deallocation)

# A library that is bound to its own dependencies first.
add_executable(preload_deepbind ${CMAKE_SOURCE_DIR}/tests/preload/deepbind.c)
add_library(preload_plugin MODULE ${CMAKE_SOURCE_DIR}/tests/preload/deepbind.c)
target_compile_definitions(preload_plugin PRIVATE PLUGIN)
target_link_libraries(preload_deepbind PRIVATE ${CMAKE_DL_LIBS})
foreach(target preload_deepbind preload_plugin)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_link_libraries(${target} PRIVATE winmem_warnings)
endforeach()
if(NOT WINMEM_SANITIZE)
  add_test(NAME preload/deepbind COMMAND preload_deepbind $<TARGET_FILE:preload_plugin>)
  set_tests_properties(preload/deepbind PROPERTIES TIMEOUT 30 ENVIRONMENT "LD_PRELOAD=$<TARGET_FILE:winmem-malloc>")
endif()

# Programs that close every descriptor there is.
add_executable(preload_descriptors ${CMAKE_SOURCE_DIR}/tests/preload/descriptors.c)
target_compile_definitions(preload_descriptors PRIVATE _GNU_SOURCE)
target_include_directories(preload_descriptors PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(preload_descriptors PRIVATE winmem_warnings)
add_test(NAME preload/descriptors_plain COMMAND preload_descriptors)
if(NOT WINMEM_SANITIZE)
  foreach(mode signal thread protection)
    add_test(NAME preload/descriptors_${mode} COMMAND preload_descriptors)
    set_tests_properties(preload/descriptors_${mode} PROPERTIES TIMEOUT 60
      ENVIRONMENT "WINMEM_RAM=4M;WINMEM_PAGEFILE=256M;WINMEM_FAULTS=${mode};LD_PRELOAD=$<TARGET_FILE:winmem-run>")
  endforeach()
  winmem_protection_variant(preload/descriptors_protection)
endif()
