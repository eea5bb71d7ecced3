# __try must hold for both compilers at every optimisation level: tests/api/seh_*.c and .cpp, built once more for each,
# against the library that users get.
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  return()
endif()
find_program(SEH_GCC NAMES gcc)
find_program(SEH_CLANG NAMES clang)
get_directory_property(seh_sanitized COMPILE_OPTIONS)
file(GLOB seh_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/api/seh_*.c ${CMAKE_SOURCE_DIR}/tests/api/seh_*.cpp)
foreach(compiler gcc clang)
  string(TOUPPER SEH_${compiler} program)
  if(${program} AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${seh_sanitized}" MATCHES "sanitize")
    foreach(source ${seh_sources})
      get_filename_component(stem ${source} NAME_WE)
      get_filename_component(suffix ${source} EXT)
      set(library "")
      set(levels O0 O1 O2 O3)
      if(suffix STREQUAL ".cpp")
        set(library -lstdc++)
        set(levels O2)
      endif()
      foreach(level ${levels})
        set(name ${stem}_${compiler}_${level})
        add_custom_command(OUTPUT ${name}
          COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${${program}} -g -${level} -Wall -Wextra -Werror -Wshadow -Wvla -D_GNU_SOURCE
                  -I${CMAKE_SOURCE_DIR}/tests -I${CMAKE_SOURCE_DIR}/include/win32 -c ${source} -o ${name}.o
          COMMAND ${${program}} ${name}.o -o ${name} $<TARGET_FILE:winmem> ${library} -pthread
                  -Wl,-rpath,$<TARGET_FILE_DIR:winmem>
          DEPENDS ${source} winmem ${CMAKE_SOURCE_DIR}/include/win32/winmem_seh.h ${CMAKE_SOURCE_DIR}/tests/check.h VERBATIM)
        add_custom_target(${name}_built ALL DEPENDS ${name})
        add_test(NAME seh/${name} COMMAND ${CMAKE_CURRENT_BINARY_DIR}/${name})
        set_tests_properties(seh/${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60)
        if(stem MATCHES "_long")
          set_tests_properties(seh/${name} PROPERTIES LABELS long)
        endif()
      endforeach()
    endforeach()
  endif()
endforeach()
