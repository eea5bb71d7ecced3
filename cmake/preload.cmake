# libwinmem-malloc.so: malloc and operator new on the process heap of libwinmem.so, for LD_PRELOAD and for linking.
add_library(winmem-malloc SHARED ${CMAKE_SOURCE_DIR}/src/preload/malloc.c ${CMAKE_SOURCE_DIR}/src/preload/quiet.c ${CMAKE_SOURCE_DIR}/src/preload/malloc_cxx.cpp)
target_include_directories(winmem-malloc PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include
  ${CMAKE_SOURCE_DIR}/include/win32)
target_compile_definitions(winmem-malloc PRIVATE _GNU_SOURCE $<$<CONFIG:Debug>:WINMEM_DEBUG=1>)
target_compile_options(winmem-malloc PRIVATE -fvisibility=hidden -ftls-model=initial-exec -fno-plt -fno-builtin
  $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti -fno-exceptions> $<$<COMPILE_LANGUAGE:C>:-fno-builtin-malloc>)
target_link_libraries(winmem-malloc PRIVATE winmem_warnings winmem)
target_link_options(winmem-malloc PRIVATE -Wl,-Bsymbolic-functions -Wl,-z,now -Wl,-z,nodelete)
set_target_properties(winmem-malloc PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE C)
