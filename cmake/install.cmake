# What ./dev install leaves behind. The Windows headers go to a directory of their own: who asks only for winmem.h
# never meets a windows.h.
include(CMakePackageConfigHelpers)
set(WINMEM_WIN32_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR}/winmem-win32)

if(EXISTS ${CMAKE_SOURCE_DIR}/include/winmem.h)
  install(FILES include/winmem.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
install(DIRECTORY include/win32/ DESTINATION ${WINMEM_WIN32_INCLUDE})
add_custom_target(installed) # all that is built to be installed
foreach(target winmem winmem_static winmem-base winmem_base_static winmem-malloc winmem_malloc_static winmem-run)
  if(TARGET ${target})
    add_dependencies(installed ${target})
    install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()
foreach(target winmem-base winmem-malloc winmem-run)
  if(TARGET ${target})
    # In the build tree too: CMake pads the path that it would put there with an empty entry, which is the current folder.
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH TRUE)
  endif()
endforeach()
if(TARGET winmem-nbd)
  add_dependencies(installed winmem-nbd)
  install(TARGETS winmem-nbd RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/winmem)
endif()
if(TARGET winmem_tool)
  add_dependencies(installed winmem_tool)
  install(TARGETS winmem_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(section 1 3 7)
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.${section})
  if(pages)
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endif()
endforeach()
# What the man pages and the tool refer to lies as README.md's links say.
file(GLOB documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

file(RELATIVE_PATH WINMEM_PC_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
list(JOIN WINMEM_EXACT_FLAGS " " WINMEM_EXACT_CFLAGS)
list(JOIN WINMEM_MEANING_FLAGS " " WINMEM_MEANING_CFLAGS)
configure_file(cmake/winmem.pc.in winmem.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/winmem.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(WINMEM_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/winmem)
configure_package_config_file(cmake/winmem-config.cmake.in winmem-config.cmake INSTALL_DESTINATION ${WINMEM_CMAKE_DIR}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR WINMEM_WIN32_INCLUDE)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/winmem-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/winmem-config.cmake ${CMAKE_BINARY_DIR}/winmem-config-version.cmake
  DESTINATION ${WINMEM_CMAKE_DIR})
