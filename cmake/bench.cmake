# bench/: only built for ./dev bench (target benchmarks). bench/NAME.c is one program; the folders beside it are built
# by the CMakeLists.txt that they bring.
add_custom_target(benchmarks)
add_dependencies(benchmarks winmem)
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*.c)
foreach(source ${bench_sources})
  get_filename_component(stem ${source} NAME_WE)
  add_executable(bench_${stem} EXCLUDE_FROM_ALL ${source})
  set_target_properties(bench_${stem} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  target_compile_definitions(bench_${stem} PRIVATE _GNU_SOURCE)
  target_link_libraries(bench_${stem} PRIVATE winmem_warnings $<TARGET_NAME_IF_EXISTS:winmem-base> winmem)
  add_dependencies(benchmarks bench_${stem})
endforeach()
