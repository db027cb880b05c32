# Frameworks besides gRPC, from Debian's packages. One whose packages are missing is left out, and the
# driver says so.

function(bench_peer name idl generated compiler)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/peer_${name})
  file(MAKE_DIRECTORY ${dir})
  list(TRANSFORM generated PREPEND ${dir}/)
  set(sources ${generated})
  list(FILTER sources INCLUDE REGEX "(cpp|c\\+\\+)$")
  add_custom_command(OUTPUT ${generated}
    COMMAND ${compiler} ${ARGN} ${CMAKE_CURRENT_SOURCE_DIR}/peers/${name}/${idl}
    WORKING_DIRECTORY ${dir} DEPENDS peers/${name}/${idl} VERBATIM)
  add_library(bench_${name}_messages STATIC ${generated})
  target_include_directories(bench_${name}_messages SYSTEM PUBLIC ${dir})
  if(sources MATCHES "c\\+\\+$")
    set_source_files_properties(${sources} PROPERTIES LANGUAGE CXX)
  endif()
  add_executable(bench_${name} peers/${name}/main.cc)
  target_link_libraries(bench_${name} PRIVATE bench_common bench_${name}_messages polycall_warnings)
endfunction()

find_program(POLYCALL_BENCH_CAPNP capnp)
pkg_check_modules(POLYCALL_BENCH_CAPNPROTO QUIET IMPORTED_TARGET capnp-rpc)
if(POLYCALL_BENCH_CAPNP AND POLYCALL_BENCH_CAPNPROTO_FOUND)
  bench_peer(capnproto echo.capnp "echo.capnp.c++;echo.capnp.h" ${POLYCALL_BENCH_CAPNP} compile
    --src-prefix=${CMAKE_CURRENT_SOURCE_DIR}/peers/capnproto -oc++)
  target_link_libraries(bench_capnproto_messages PUBLIC PkgConfig::POLYCALL_BENCH_CAPNPROTO)
endif()

find_program(POLYCALL_BENCH_THRIFT_COMPILER thrift)
pkg_check_modules(POLYCALL_BENCH_THRIFT QUIET IMPORTED_TARGET thrift)
if(POLYCALL_BENCH_THRIFT_COMPILER AND POLYCALL_BENCH_THRIFT_FOUND)
  bench_peer(thrift echo.thrift
    "EchoService.cpp;EchoService.h;echo_types.cpp;echo_types.h" ${POLYCALL_BENCH_THRIFT_COMPILER}
    --gen cpp:no_skeleton -out .)
  target_link_libraries(bench_thrift_messages PUBLIC PkgConfig::POLYCALL_BENCH_THRIFT)
endif()

find_program(POLYCALL_BENCH_SLICE slice2cpp)
find_library(POLYCALL_BENCH_ICE Ice++11)
if(POLYCALL_BENCH_SLICE AND POLYCALL_BENCH_ICE)
  bench_peer(ice Echo.ice "Echo.cpp;Echo.h" ${POLYCALL_BENCH_SLICE})
  target_compile_definitions(bench_ice_messages PUBLIC ICE_CPP11_MAPPING)
  target_link_libraries(bench_ice_messages PUBLIC ${POLYCALL_BENCH_ICE} Threads::Threads)
endif()
