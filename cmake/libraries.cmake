# libwinmem (the memory manager) and libwinmem-base (files, threads, sync, time: what programs need around memory).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
include(CheckCSourceCompiles)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(URING REQUIRED IMPORTED_TARGET liburing)
# Optional: without it the option that encrypts the paging file is refused.
pkg_check_modules(SODIUM IMPORTED_TARGET libsodium)
# Optional: without it there is no winmem-nbd, and NBD paging files are refused.
pkg_check_modules(NBD IMPORTED_TARGET libnbd)

set(core_folders host pager mm heap exception ob ps nt win32)
set(core_globs)
foreach(folder ${core_folders})
  list(APPEND core_globs ${CMAKE_SOURCE_DIR}/src/${folder}/*.c ${CMAKE_SOURCE_DIR}/src/${folder}/*.S)
endforeach()
file(GLOB core_sources CONFIGURE_DEPENDS ${core_globs})
file(GLOB_RECURSE base_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/base/*.c ${CMAKE_SOURCE_DIR}/src/base/*.S)

# The dispatcher leaves its functions by a jump, which the thread sanitizer's record of calls would not survive for long.
if(WINMEM_SANITIZE MATCHES "thread")
  file(GLOB jumping_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/exception/*.c)
  set_source_files_properties(${jumping_sources} PROPERTIES COMPILE_OPTIONS -fno-sanitize=thread)
endif()

function(winmem_library_flags target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src
    PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/include/win32)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE WINMEM_BUILDING=1 $<$<CONFIG:Debug>:WINMEM_DEBUG=1>)
  target_compile_options(${target} PRIVATE -fvisibility=hidden -fno-omit-frame-pointer)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:winmem_warnings>)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# Version, symbol versions, no undefined symbols (the sanitizers' own stay open until the program is linked).
function(winmem_shared_library target map)
  set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0
    LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/${map})
  target_link_options(${target} PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/${map}
    -Wl,-Bsymbolic-functions)
  if(NOT WINMEM_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()

# Every source is compiled once; the shared and the static library take the same objects.
add_library(winmem_objects OBJECT ${core_sources})
winmem_library_flags(winmem_objects)
target_compile_options(winmem_objects PRIVATE -ftls-model=initial-exec)
file(RELATIVE_PATH nbd_from_library ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_FULL_LIBEXECDIR}/winmem/winmem-nbd)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/host/nbd.c PROPERTIES COMPILE_DEFINITIONS
  "WINMEM_NBD_HELPER=\"${CMAKE_INSTALL_FULL_LIBEXECDIR}/winmem/winmem-nbd\";WINMEM_NBD_FROM_LIBRARY=\"${nbd_from_library}\"")
foreach(library LZ4 XXHASH URING SODIUM)
  target_include_directories(winmem_objects SYSTEM PRIVATE ${${library}_INCLUDE_DIRS})
endforeach()
if(SODIUM_FOUND) # loaded by those who encrypt
  find_library(sodium_file sodium HINTS ${SODIUM_LIBRARY_DIRS} REQUIRED)
  file(REAL_PATH ${sodium_file} sodium_file)
  string(REGEX MATCH "[^/]+\\.so\\.[0-9]+" sodium_name ${sodium_file})
  target_compile_definitions(winmem_objects PRIVATE WINMEM_HAVE_SODIUM=1 "WINMEM_SODIUM=\"${sodium_name}\"")
endif()

# Each library that is loaded costs every program some 100 KiB of pages. What the shared library needs of these goes into
# it, where the system has them as position-independent archives.
function(winmem_link_archive target package archive)
  find_library(${package}_ARCHIVE ${archive} HINTS ${${package}_LIBRARY_DIRS})
  if(${package}_ARCHIVE AND NOT WINMEM_SANITIZE)
    set(CMAKE_REQUIRED_LINK_OPTIONS -shared -Wl,--whole-archive ${${package}_ARCHIVE} -Wl,--no-whole-archive)
    check_c_source_compiles("int winmem_probe(void) { return 0; }" ${package}_ARCHIVE_WORKS)
  endif()
  if(${package}_ARCHIVE_WORKS)
    target_link_libraries(${target} PRIVATE ${${package}_ARCHIVE})
  else()
    target_link_libraries(${target} PRIVATE PkgConfig::${package})
  endif()
endfunction()

add_library(winmem SHARED $<TARGET_OBJECTS:winmem_objects>)
add_library(winmem_static STATIC $<TARGET_OBJECTS:winmem_objects>)
set_target_properties(winmem_static PROPERTIES OUTPUT_NAME winmem)
winmem_shared_library(winmem winmem.map)
target_link_options(winmem PRIVATE -Wl,-z,now -Wl,-z,nodelete -Wl,--exclude-libs,ALL)
if(NOT WINMEM_SANITIZE)
  include(CheckLinkerFlag)
  check_linker_flag(C -Wl,-T,${CMAKE_SOURCE_DIR}/cmake/first.ld WINMEM_ORDERS_TEXT)
  if(WINMEM_ORDERS_TEXT)
    target_compile_options(winmem_objects PRIVATE -ffunction-sections -fdata-sections -fno-plt)
    target_link_options(winmem PRIVATE -Wl,-T,${CMAKE_SOURCE_DIR}/cmake/first.ld)
    set_property(TARGET winmem APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/first.ld)
  endif()
  check_linker_flag(C -Wl,-z,pack-relative-relocs WINMEM_PACKS_RELOCATIONS)
  if(WINMEM_PACKS_RELOCATIONS)
    target_link_options(winmem PRIVATE -Wl,-z,pack-relative-relocs)
  endif()
endif()
foreach(target winmem winmem_static)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/include/win32)
  target_link_libraries(${target} PRIVATE Threads::Threads ${CMAKE_DL_LIBS} INTERFACE m) # Windows has one C library
endforeach()
winmem_link_archive(winmem LZ4 liblz4.a)
winmem_link_archive(winmem URING liburing.a)
target_link_libraries(winmem_static PRIVATE PkgConfig::LZ4 PkgConfig::URING)
if(NOT WINMEM_SANITIZE) # of the unwinder it needs the walk of its own stack only
  target_link_options(winmem PRIVATE -static-libgcc)
endif()

if(base_sources)
  add_library(winmem_base_objects OBJECT ${base_sources})
  winmem_library_flags(winmem_base_objects)
  add_library(winmem-base SHARED $<TARGET_OBJECTS:winmem_base_objects>)
  add_library(winmem_base_static STATIC $<TARGET_OBJECTS:winmem_base_objects>)
  set_target_properties(winmem_base_static PROPERTIES OUTPUT_NAME winmem-base)
  winmem_shared_library(winmem-base winmem-base.map)
  target_link_libraries(winmem-base PUBLIC winmem Threads::Threads)
  target_link_libraries(winmem_base_static PUBLIC winmem_static Threads::Threads)
endif()
