# The measured programs. What script/bench builds is `bench_all`.

find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(POLYCALL_BENCH_GRPC REQUIRED IMPORTED_TARGET grpc++)
find_program(POLYCALL_BENCH_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

add_executable(bench_floor floors/main.c floors/memcpy_floor.c floors/shm_floor.c
  floors/socket_floor_client.c floors/socket_floor_server.c floors/tls_floor.c)
target_link_libraries(bench_floor PRIVATE bench_common OpenSSL::SSL polycall_warnings)

add_executable(bench_startup floors/startup.c)
target_link_libraries(bench_startup PRIVATE bench_common polycall_warnings)

# echo.proto's messages for the peers; PolyCall's programs get theirs from polycall_generate.
set(peer_gen ${CMAKE_CURRENT_BINARY_DIR}/peer_gen)
file(MAKE_DIRECTORY ${peer_gen})
add_custom_command(
  OUTPUT ${peer_gen}/echo.pb.cc ${peer_gen}/echo.pb.h ${peer_gen}/echo.grpc.pb.cc
         ${peer_gen}/echo.grpc.pb.h
  COMMAND protobuf::protoc -I ${CMAKE_CURRENT_SOURCE_DIR} --cpp_out=${peer_gen}
          --grpc_out=${peer_gen} --plugin=protoc-gen-grpc=${POLYCALL_BENCH_GRPC_PLUGIN}
          ${CMAKE_CURRENT_SOURCE_DIR}/echo.proto
  DEPENDS echo.proto
  VERBATIM)
add_library(bench_echo_messages STATIC ${peer_gen}/echo.pb.cc ${peer_gen}/echo.pb.h
  ${peer_gen}/echo.grpc.pb.h)
target_include_directories(bench_echo_messages SYSTEM PUBLIC ${peer_gen})
target_link_libraries(bench_echo_messages PUBLIC protobuf::libprotobuf)

add_executable(bench_byhand peers/byhand/client.cc peers/byhand/frame_io.cc peers/byhand/main.cc
  peers/byhand/server.cc)
target_link_libraries(bench_byhand PRIVATE bench_common bench_echo_messages polycall_warnings)

add_executable(bench_grpc peers/grpc/callback_client.cc peers/grpc/client.cc peers/grpc/main.cc
  peers/grpc/server.cc ${peer_gen}/echo.grpc.pb.cc)
# Debian's grpc++.pc does not name absl_synchronization, which its headers need.
target_link_libraries(bench_grpc PRIVATE bench_common bench_echo_messages
  PkgConfig::POLYCALL_BENCH_GRPC absl_synchronization polycall_warnings)

include(peers/peers.cmake)

add_executable(bench_hot_wire polycall/hot_wire.c)
target_link_libraries(bench_hot_wire PRIVATE polycall polycall_warnings)
add_executable(bench_rewire polycall/rewire.c)
target_link_libraries(bench_rewire PRIVATE bench_common polycall polycall_warnings)

add_executable(bench_polycall_raw polycall/raw_echo.c polycall/raw_echo_client.c
  polycall/raw_echo_server.c)
target_link_libraries(bench_polycall_raw PRIVATE bench_common polycall polycall_warnings)

if(TARGET protoc-gen-polycall)
  polycall_generate(TARGET bench_echo_cpp LANGUAGE cpp PROTOS echo.proto)
  add_executable(bench_polycall_cpp polycall/cpp_echo.cc polycall/cpp_echo_client.cc
    polycall/cpp_echo_server.cc)
  target_link_libraries(bench_polycall_cpp PRIVATE bench_common bench_echo_cpp polycall_warnings)

  polycall_generate(TARGET bench_echo_c LANGUAGE c PROTOS echo.proto)
  add_executable(bench_polycall_c polycall/c_echo.c polycall/c_echo_client.c
    polycall/c_echo_server.c)
  target_link_libraries(bench_polycall_c PRIVATE bench_common bench_echo_c polycall_warnings)
endif()

# A C caller with handlers that a host serves in its process.
if(TARGET polycall_host_c)
  polycall_generate(TARGET bench_plain_c LANGUAGE c PROTOS plain_echo.proto)
  add_executable(bench_polycall_hosted polycall/hosted_echo.c polycall/plain_echo_client.c
    polycall/c_echo_client.c polycall/c_echo_server.c)
  target_link_libraries(bench_polycall_hosted PRIVATE bench_common bench_echo_c bench_plain_c
    polycall_warnings)
  add_library(bench_plain_function MODULE polycall/plain_function.c)
  set_target_properties(bench_plain_function PROPERTIES PREFIX "")
  add_dependencies(bench_polycall_hosted bench_plain_function polycall_host_c)
  foreach(language python java haskell lisp)
    if(TARGET polycall_host_${language})
      add_dependencies(bench_polycall_hosted polycall_host_${language})
    endif()
  endforeach()
endif()

if(TARGET polycall_python)
  polycall_generate(TARGET bench_echo_python LANGUAGE python PROTOS echo.proto)
  add_library(bench_in_process MODULE polycall/in_process.cc polycall/cpp_echo_client.cc
    polycall/cpp_echo_server.cc)
  target_link_libraries(bench_in_process PRIVATE bench_common bench_echo_cpp polycall_warnings)
endif()

if(TARGET polycall_haskell)
  polycall_generate(TARGET bench_echo_haskell LANGUAGE haskell PROTOS echo.proto)
  polycall_haskell_program(bench_haskell_program MAIN polycall/haskell/Main.hs
    GENERATED bench_echo_haskell OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bench_haskell
    OPTIONS -O2 -package unix -rtsopts "-with-rtsopts=-A4m" -optl-ldl)
  polycall_haskell_program(bench_haskell_module MODULE MAIN polycall/haskell/EchoModule.hs
    GENERATED bench_echo_haskell OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bench_haskell.so OPTIONS -O2)
endif()

# Java: a jar, a program that runs it, and a C handler for it to call in its own process.
if(TARGET polycall_java AND TARGET polycall_host_c)
  polycall_generate(TARGET bench_echo_java LANGUAGE java PROTOS echo.proto)
  get_target_property(classpath bench_echo_java POLYCALL_CLASSPATH)
  list(GET classpath 0 echo_jar)
  list(JOIN classpath ":" classpath_text)
  set(java_source ${CMAKE_CURRENT_SOURCE_DIR}/polycall/java/EchoBench.java)
  set(java_classes ${CMAKE_CURRENT_BINARY_DIR}/java_classes)
  set(java_jar ${CMAKE_CURRENT_BINARY_DIR}/bench_java.jar)
  # One jar with the messages inside, so that a host needs no more.
  add_custom_command(
    OUTPUT ${java_jar}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${java_classes}
    COMMAND ${POLYCALL_JAVAC} --release 17 -Xlint:all -Werror -d ${java_classes}
            -cp ${classpath_text} ${java_source}
    COMMAND ${POLYCALL_JAR_TOOL} --create --file ${java_jar} -C ${java_classes} .
            -C ${CMAKE_CURRENT_BINARY_DIR}/bench_echo_java/classes .
    DEPENDS ${java_source} ${echo_jar}
    VERBATIM)
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bench_polycall_java CONTENT "#!/bin/sh
# Runs the Java program; --pin CORE, which Java cannot do itself, is done here.
previous= pin=
for word; do
  [ \"$previous\" = --pin ] && pin=$word
  previous=$word
done
export POLYCALL_HOST_PATH=${POLYCALL_HOST_DIR}
exec \${pin:+taskset -c \"$pin\"} ${POLYCALL_JAVA} -XX:+UseSerialGC -Xmx256m \\
  -cp ${java_jar}:${classpath_text} bench.EchoBench \"$@\"
"
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                     WORLD_EXECUTE)
  add_library(bench_c_module MODULE polycall/c_echo_module.c polycall/c_echo_server.c)
  set_target_properties(bench_c_module PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden)
  target_link_libraries(bench_c_module PRIVATE bench_common bench_echo_c polycall_warnings)
  add_custom_target(bench_java DEPENDS ${java_jar})
  add_dependencies(bench_java bench_echo_java bench_c_module polycall_host_java)
endif()

# Common Lisp: a program of SBCL, and a module that a C program hosts on ECL.
if(TARGET polycall_lisp)
  polycall_generate(TARGET bench_echo_lisp LANGUAGE lisp PROTOS echo.proto)
  add_dependencies(bench_echo_lisp polycall_lisp)
  get_target_property(generated_dir bench_echo_lisp POLYCALL_OUT_DIR)
  set(lisp_program ${CMAKE_CURRENT_BINARY_DIR}/bench_lisp)
  file(GLOB lisp_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/polycall/lisp/*.lisp)
  add_custom_command(
    OUTPUT ${lisp_program}
    COMMAND ${CMAKE_COMMAND} -E env BENCH_GENERATED=${generated_dir}/echo.polycall.lisp
            ${POLYCALL_SBCL} --noinform --core ${POLYCALL_LISP_DIR}/polycall.core --no-userinit
            --no-sysinit --non-interactive
            --load ${CMAKE_CURRENT_SOURCE_DIR}/polycall/lisp/build.lisp ${lisp_program}
    DEPENDS ${lisp_sources} ${POLYCALL_LISP_DIR}/polycall.core bench_echo_lisp
    COMMENT "Building the benchmark of Common Lisp"
    VERBATIM)
  add_custom_target(bench_lisp_program DEPENDS ${lisp_program})
  configure_file(polycall/lisp/module.lisp.in ${CMAKE_CURRENT_BINARY_DIR}/bench_lisp_module.lisp @ONLY)
  add_dependencies(bench_polycall_hosted bench_echo_lisp)
endif()

add_custom_target(bench_all)
add_dependencies(bench_all modules) # loaded when tls and grpc are measured

# The codec's rows: the testees of tests/codec_conformance and their message.
if(TARGET codec_conformance)
  set(codec_message ${CMAKE_CURRENT_BINARY_DIR}/codec_message.bin)
  add_custom_command(
    OUTPUT ${codec_message}
    COMMAND protobuf::protoc -I ${PROJECT_SOURCE_DIR}/tests/codec_conformance/proto
            --encode=wire3.Mixed wire3.proto
            < ${CMAKE_CURRENT_SOURCE_DIR}/codec/message.txt > ${codec_message}
    DEPENDS codec/message.txt ${PROJECT_SOURCE_DIR}/tests/codec_conformance/proto/wire3.proto)
  add_custom_target(bench_codec_message DEPENDS ${codec_message})
  add_dependencies(bench_all bench_codec_message codec_conformance)
endif()
foreach(target bench_floor bench_startup bench_hot_wire bench_rewire bench_byhand bench_grpc bench_capnproto bench_thrift bench_ice bench_polycall_raw
               bench_polycall_cpp bench_polycall_c bench_polycall_hosted bench_echo_python bench_in_process polycall_python
               bench_haskell_program bench_haskell_module polycall_host_haskell
               bench_java bench_lisp_program
               polycalld polycall_tool polycall_host_c polycall_host_python symbolic_evaluator
               symbolic_python_proto)
  if(TARGET ${target})
    add_dependencies(bench_all ${target})
  endif()
endforeach()
