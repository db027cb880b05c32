# Warnings, sanitizers, ccache and the helpers that the project's own folders use. Not installed.

find_program(POLYCALL_CCACHE ccache)
if(POLYCALL_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${POLYCALL_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${POLYCALL_CCACHE})
endif()

add_library(polycall_warnings INTERFACE)
target_compile_options(polycall_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in std::string's own operator+.
  target_compile_options(polycall_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()

if(POLYCALL_SANITIZE)
  add_compile_options(-fsanitize=${POLYCALL_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${POLYCALL_SANITIZE})
endif()

if(POLYCALL_FUZZ)
  # Coverage for libFuzzer in everything; a target itself links with -fsanitize=fuzzer.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(POLYCALL_BUILD_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
endif()

# polycall_add_test(NAME SOURCES... [LIBS ...]): one GoogleTest program, run by ctest under its name.
function(polycall_add_test name)
  # The generator links no runtime and runs in one thread: a sanitizer's build leaves its tests out.
  if(NOT POLYCALL_BUILD_TESTS OR (POLYCALL_SANITIZE AND name MATCHES "^codegen"))
    return()
  endif()
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} polycall_warnings GTest::gmock GTest::gtest_main)
  # A test with the library's code in itself finds the modules so.
  set_target_properties(${name} PROPERTIES BUILD_RPATH ${PROJECT_BINARY_DIR}/runtime)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()

# polycall_add_module(NAME SOURCES... [LIBS ...]): libpolycall_NAME.so, which libpolycall.so loads from
# beside itself when it is first needed (runtime/base/module.h). Exports polycall_NAME_module alone and
# links neither libpolycall.so nor its objects. Target polycall_NAME; its name is added to the global
# property POLYCALL_MODULES, from which the bindings' packages take what they carry along.
function(polycall_add_module name)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  set(target polycall_${name})
  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${target}.map)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: ${target}_module; local: *; };\n")
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_include_directories(${target} PRIVATE
    ${PROJECT_SOURCE_DIR}/runtime/include ${PROJECT_SOURCE_DIR}/runtime)
  target_link_libraries(${target} PRIVATE ${arg_LIBS} Threads::Threads polycall_warnings)
  # Thread-local pointers fit the room that the loader keeps for that, as libpolycall.so's do; memory that the
  # loader makes for each thread would be none that the sanitizers understand.
  target_compile_options(${target} PRIVATE
    -fvisibility=hidden -fvisibility-inlines-hidden -ftls-model=initial-exec)
  target_link_options(${target} PRIVATE -Wl,--version-script=${exports})
  if(NOT POLYCALL_SANITIZE) # whose functions come with the program
    target_link_options(${target} PRIVATE -Wl,--no-undefined)
  endif()
  set_target_properties(${target} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/runtime # where libpolycall.so is
    LINK_DEPENDS ${exports})
  add_dependencies(modules ${target})
  set_property(GLOBAL APPEND PROPERTY POLYCALL_MODULES ${target})
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# All modules: `ninja modules`.
add_custom_target(modules)

# polycall_needs_certificates(TEST...): these tests find an authority and certificates of it for a server
# and a client in the folder that POLYCALL_TEST_CERTIFICATES names, made anew by each run of ctest.
function(polycall_needs_certificates)
  set_tests_properties(${ARGN} PROPERTIES
    FIXTURES_REQUIRED certificates
    ENVIRONMENT_MODIFICATION POLYCALL_TEST_CERTIFICATES=set:${PROJECT_BINARY_DIR}/tests/certificates)
endfunction()
if(POLYCALL_BUILD_TESTS)
  add_test(NAME certificates
    COMMAND /usr/bin/python3 -B ${PROJECT_SOURCE_DIR}/tests/interop/runner/certificates.py
            ${PROJECT_BINARY_DIR}/tests/certificates)
  set_tests_properties(certificates PROPERTIES FIXTURES_SETUP certificates TIMEOUT 60)
endif()

# Where hosts lie in the build tree: polycall/ beside libpolycall.so, as when installed.
set(POLYCALL_HOST_DIR ${PROJECT_BINARY_DIR}/runtime/polycall)

# All hosts: `ninja hosts`.
add_custom_target(hosts)

# polycall_add_host(LANGUAGE SOURCES... [LIBS ...]): libpolycall_host_LANGUAGE.so, which exports
# polycall_host_module_get alone and is loaded by polycall_host_load. Target polycall_host_LANGUAGE.
function(polycall_add_host language)
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  set(target polycall_host_${language})
  add_dependencies(hosts ${target})
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE polycall ${arg_LIBS} polycall_warnings)
  target_link_options(${target} PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/runtime/host/host.map)
  set_target_properties(${target} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${POLYCALL_HOST_DIR}
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/runtime/host/host.map
    # Beside libpolycall.so's folder, wherever the tree is moved.
    INSTALL_RPATH "$ORIGIN/..")
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/polycall)
endfunction()
