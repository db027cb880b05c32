# cmake --install: headers, libraries, plugin, tool, .proto files, the CMake package and pkg-config
# files. Read it together with PolyCallConfig.cmake.in, which is what users' find_package reads.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/PolyCall)

# Makes a target's interface fit for export: source folders are of the build alone, and so is what
# only the project's own build links (its warnings).
function(polycall_prepare_export target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    return()
  endif()
  get_target_property(includes ${target} INTERFACE_INCLUDE_DIRECTORIES)
  if(includes)
    set(build_includes)
    foreach(dir IN LISTS includes)
      if(NOT dir MATCHES "^\\$<")
        set(dir $<BUILD_INTERFACE:${dir}>)
      endif()
      list(APPEND build_includes ${dir})
    endforeach()
    set_property(TARGET ${target} PROPERTY INTERFACE_INCLUDE_DIRECTORIES ${build_includes})
  endif()
  get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
  if(libraries)
    list(FILTER libraries EXCLUDE REGEX "polycall_warnings")
    set_property(TARGET ${target} PROPERTY INTERFACE_LINK_LIBRARIES ${libraries})
  endif()
endfunction()

# polycall_install_target(TARGET EXPORTED-NAME): into bin/ or lib/, and into the CMake package.
function(polycall_install_target target name)
  if(NOT TARGET ${target})
    return()
  endif()
  polycall_prepare_export(${target} ${name})
  install(TARGETS ${target} EXPORT PolyCallTargets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

polycall_install_target(polycall polycall)
polycall_install_target(polycall_cpp cpp)
polycall_install_target(polycall_c c)
polycall_install_target(protoc-gen-polycall protoc-gen-polycall)
polycall_install_target(polycall_tool tool)

if(TARGET polycall_tool)
  # The tool finds the library beside it, wherever the tree is moved.
  file(RELATIVE_PATH to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(polycall_tool PROPERTIES INSTALL_RPATH "$ORIGIN/${to_lib}")
endif()

install(DIRECTORY runtime/include/ bindings/cpp/include/ bindings/c/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
if(TARGET polycall_c)
  # protobuf's well-known messages, precompiled for C: google/protobuf/empty.polycall.h and so on.
  get_target_property(well_known_dir polycall_c POLYCALL_WELL_KNOWN_DIR)
  if(well_known_dir)
    install(DIRECTORY ${well_known_dir}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
      FILES_MATCHING PATTERN "*.polycall.h")
  endif()
endif()
install(DIRECTORY idl/ DESTINATION ${CMAKE_INSTALL_DATADIR}/polycall/idl
  FILES_MATCHING PATTERN "*.proto")

install(EXPORT PolyCallTargets NAMESPACE PolyCall:: DESTINATION ${package_dir})
configure_package_config_file(cmake/PolyCallConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/PolyCallConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_DATADIR)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/PolyCallConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/PolyCallConfig.cmake
  ${PROJECT_BINARY_DIR}/package/PolyCallConfigVersion.cmake
  cmake/PolyCallGenerate.cmake
  DESTINATION ${package_dir})

# pkg-config files find the tree from where they lie, so that it may be moved as a whole.
file(RELATIVE_PATH POLYCALL_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" POLYCALL_PC_PREFIX "${POLYCALL_PC_PREFIX}")
foreach(package polycall polycall-c polycall-cpp)
  configure_file(cmake/${package}.pc.in ${PROJECT_BINARY_DIR}/package/${package}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/${package}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
