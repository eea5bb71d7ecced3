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
  ${CMAKE_SOURCE_DIR}/src/preload/quiet.c)
winmem_library_flags(winmem-run)
target_compile_options(winmem-run PRIVATE -ftls-model=initial-exec)
target_link_libraries(winmem-run PRIVATE winmem)
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
