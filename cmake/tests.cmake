# tests/api: public API only, against the shared libraries. tests/unit: internals, against the static ones.
# tests/script/*.sh: a shell script that gets the source and the build directory; SERIAL.
#
# A test says its traits in a line of its first ten: "test traits: serial long no-asan no-tsan tsan timeout=120"
#   serial    runs alone (it measures, fills a limit, or uses a name of its own)
#   long      left out of the quick run; so is a test whose name contains _long
#   tsan      also runs under the thread sanitizer
#   wide      compiled as pkg-config tells programs: -fshort-wchar; unicode: with UNICODE besides
#   protection  runs once more where userfaultfd is refused (WINMEM_FAULTS=protection), as KIND/NAME_protection
#             (in debug builds only in the long run: the quick one sees these under release)
#   no-asan   not under the address sanitizer (say why beside it)
function(winmem_test_traits name source)
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60 ENVIRONMENT "${WINMEM_TEST_ENVIRONMENT}")
  file(STRINGS ${source} traits LIMIT_COUNT 10 REGEX "test traits:")
  string(REGEX REPLACE ".*test traits:" " " traits "${traits} ")
  set(labels)
  if(traits MATCHES "[ ,]long[ ,.*]" OR name MATCHES "_long")
    list(APPEND labels long)
    set_tests_properties(${name} PROPERTIES TIMEOUT 1200)
  endif()
  if(traits MATCHES "[ ,]tsan[ ,.*]")
    list(APPEND labels tsan)
  endif()
  if(traits MATCHES "timeout=([0-9]+)")
    set_tests_properties(${name} PROPERTIES TIMEOUT ${CMAKE_MATCH_1})
  endif()
  if(traits MATCHES "[ ,]serial[ ,.*]")
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()

function(winmem_test source kind)
  # Under a sanitizer only what runs is built.
  file(STRINGS ${source} traits LIMIT_COUNT 10 REGEX "test traits:")
  if((WINMEM_SANITIZE MATCHES "thread" AND NOT "${traits} " MATCHES "[ ,]tsan[ ,.*]") OR
     (WINMEM_SANITIZE MATCHES "address" AND traits MATCHES "no-asan"))
    return()
  endif()
  get_filename_component(stem ${source} NAME_WE)
  set(name ${kind}_${stem})
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE $<$<CONFIG:Debug>:WINMEM_DEBUG=1>)
  target_link_libraries(${name} PRIVATE winmem_warnings)
  if(kind STREQUAL "unit")
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} PRIVATE $<TARGET_NAME_IF_EXISTS:winmem_base_static> winmem_static)
  else()
    target_link_libraries(${name} PRIVATE $<TARGET_NAME_IF_EXISTS:winmem-base> winmem)
  endif()
  file(STRINGS ${source} wide LIMIT_COUNT 10 REGEX "test traits:.*(wide|unicode)")
  if(wide)
    target_compile_options(${name} PRIVATE -fshort-wchar ${WINMEM_MEANING_FLAGS} --include=winmem_keywords.h)
    if(source MATCHES "[.]c$") # wmain has no prototype, as main has none
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Wno-missing-prototypes)
    endif()
    if(wide MATCHES "unicode")
      target_compile_definitions(${name} PRIVATE UNICODE _UNICODE)
    endif()
  endif()
  add_test(NAME ${kind}/${stem} COMMAND ${name})
  winmem_test_traits(${kind}/${stem} ${source})
  file(STRINGS ${source} protection LIMIT_COUNT 10 REGEX "test traits:.*protection")
  if(protection AND NOT WINMEM_SANITIZE)
    add_test(NAME ${kind}/${stem}_protection COMMAND ${name})
    winmem_test_traits(${kind}/${stem}_protection ${source})
    set_property(TEST ${kind}/${stem}_protection APPEND PROPERTY ENVIRONMENT "WINMEM_FAULTS=protection")
    winmem_protection_variant(${kind}/${stem}_protection)
  endif()
endfunction()

foreach(kind api unit)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${kind}/*.c ${CMAKE_SOURCE_DIR}/tests/${kind}/*.cpp)
  foreach(source ${sources})
    winmem_test(${source} ${kind})
  endforeach()
endforeach()

# Scripts test what is built and installed as a whole: once is enough, with what users get.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT WINMEM_SANITIZE AND NOT WINMEM_COVERAGE)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/script/*.sh)
  foreach(source ${scripts})
    get_filename_component(stem ${source} NAME_WE)
    add_test(NAME script/${stem} COMMAND sh ${source} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
    winmem_test_traits(script/${stem} ${source})
  endforeach()
endif()

include(cmake/tests-seh.cmake)

# The Windows headers compile alone and together, in every language and with every switch that changes them.
add_test(NAME headers/compile COMMAND ${CMAKE_SOURCE_DIR}/tests/headers_compile quick ${CMAKE_SOURCE_DIR}/include/win32)
add_test(NAME headers/compile_long COMMAND ${CMAKE_SOURCE_DIR}/tests/headers_compile full ${CMAKE_SOURCE_DIR}/include/win32)
set_tests_properties(headers/compile_long PROPERTIES LABELS long TIMEOUT 600)
# The same sizes, offsets and values hold against the headers of the Windows compiler, where it is installed.
find_program(MINGW_CC x86_64-w64-mingw32-gcc)
if(MINGW_CC)
  add_test(NAME headers/layout_mingw COMMAND ${MINGW_CC} -D_WIN32_WINNT=0x0A00 -std=gnu17 -fsyntax-only
    ${CMAKE_SOURCE_DIR}/tests/api/headers_layout.c)
endif()
