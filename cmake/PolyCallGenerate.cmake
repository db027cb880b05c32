# polycall_generate(TARGET t LANGUAGE cpp|c|python|java|lisp|haskell
#                   PROTOS a.proto ... [IMPORT_DIRS dir ...]
#                   [OUT_DIR dir] [LINK target ...])
#
# Runs protoc with protoc-gen-polycall on the .proto files and makes the target `t`:
#
#   cpp     a static library of protoc's own x.pb.cc; users of it include "x.pb.h" and "x.polycall.h"
#   c       a static library of x.polycall.c; users of it include "x.polycall.h"
#   haskell a folder with the modules Proto.X, made by a custom target of ALL
#   python  a folder with x_pb2.py and x_polycall.py, made by a custom target of ALL
#   java    t.jar with the classes of messages and stubs, made by a custom target of ALL, whose property
#           POLYCALL_CLASSPATH is what users of it need: t.jar, polycall.jar, protobuf's jar
#   lisp    a folder with x.polycall.lisp and t.asd, an ASDF system, made by a custom target of ALL
#
# PROTOS       the files to generate, each below one of the IMPORT_DIRS. What they import is not
#              generated along with them: name it too, or generate it in a target of its own and name
#              that in LINK.
# IMPORT_DIRS  protoc's -I folders; the generated files keep the path below them. Default: the folder
#              of the CMakeLists.txt that calls.
# OUT_DIR      where the generated files go. Default: ${CMAKE_CURRENT_BINARY_DIR}/t
# LINK         other targets of polycall_generate (or libraries) that the generated code needs.
#
# A file that imports polycall/v1/options.proto needs nothing more: C++ libraries get its messages from
# a target that all of them share.
#
# The same file serves PolyCall's own build, where the targets are plain names, and an installed
# package, where they are PolyCall::polycall and so on.

include_guard(GLOBAL)

# polycall/v1/options.proto: beside the sources in a build tree, in share/ of an installed one.
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/../idl/polycall/v1/options.proto)
  get_filename_component(POLYCALL_IDL_DIR ${CMAKE_CURRENT_LIST_DIR}/../idl ABSOLUTE)
elseif(NOT POLYCALL_IDL_DIR)
  find_path(POLYCALL_IDL_DIR polycall/v1/options.proto
    HINTS ${CMAKE_CURRENT_LIST_DIR}/../../../share/polycall/idl
          ${CMAKE_CURRENT_LIST_DIR}/../../../../share/polycall/idl)
endif()

# Functions see the variables of their caller, which may be another folder than that of find_package.
set(POLYCALL_IDL_DIR ${POLYCALL_IDL_DIR} CACHE INTERNAL "the folder with polycall/v1/options.proto")

function(_polycall_target out name)
  if(TARGET PolyCall::${name})
    set(${out} PolyCall::${name} PARENT_SCOPE)
  else()
    set(${out} ${name} PARENT_SCOPE)
  endif()
endfunction()

# The folder of `dirs` that `proto` lies below, and its path there.
function(_polycall_relative proto dirs dir_out relative_out)
  foreach(dir IN LISTS dirs)
    cmake_path(IS_PREFIX dir ${proto} NORMALIZE below)
    if(below)
      file(RELATIVE_PATH relative ${dir} ${proto})
      set(${dir_out} ${dir} PARENT_SCOPE)
      set(${relative_out} ${relative} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "polycall_generate: ${proto} is below none of the IMPORT_DIRS: ${dirs}")
endfunction()

# polycall/v1/options.pb.h as one library for the whole build: protobuf ends a program that contains
# the same file twice.
function(_polycall_options_target)
  if(TARGET polycall_options_cpp)
    return()
  endif()
  set(dir ${CMAKE_BINARY_DIR}/polycall_options)
  file(MAKE_DIRECTORY ${dir})
  set(made ${dir}/polycall/v1/options.pb.cc ${dir}/polycall/v1/options.pb.h)
  add_custom_command(
    OUTPUT ${made}
    COMMAND protobuf::protoc --cpp_out=${dir} -I${POLYCALL_IDL_DIR}
            ${POLYCALL_IDL_DIR}/polycall/v1/options.proto
    DEPENDS ${POLYCALL_IDL_DIR}/polycall/v1/options.proto protobuf::protoc
    VERBATIM)
  add_library(polycall_options_cpp STATIC ${made})
  set_target_properties(polycall_options_cpp PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(polycall_options_cpp PUBLIC ${dir})
  target_link_libraries(polycall_options_cpp PUBLIC protobuf::libprotobuf)
endfunction()

# The jars that generated Java needs, and javac: in the build's cache, or where an install put them.
macro(_polycall_find_java)
  find_program(POLYCALL_JAVAC javac HINTS ENV JAVA_HOME PATH_SUFFIXES bin REQUIRED)
  get_filename_component(java_bin ${POLYCALL_JAVAC} REALPATH)
  get_filename_component(java_bin ${java_bin} DIRECTORY)
  find_file(POLYCALL_PROTOBUF_JAR NAMES protobuf-java.jar protobuf.jar PATHS /usr/share/java REQUIRED)
  if(NOT POLYCALL_JAR)
    find_file(POLYCALL_JAR polycall.jar REQUIRED
      HINTS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../share/java
            ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../../share/java)
  endif()
endmacro()

# LANGUAGE java of polycall_generate, whose variables it reads. The files that protoc makes are named by
# options in the .proto, so that one command does all from .proto to jar.
macro(_polycall_generate_java)
  _polycall_find_java()
  set(jar ${arg_OUT_DIR}/${arg_TARGET}.jar)
  set(classpath ${POLYCALL_JAR} ${POLYCALL_PROTOBUF_JAR})
  foreach(linked IN LISTS arg_LINK)
    get_target_property(linked_classpath ${linked} POLYCALL_CLASSPATH)
    if(linked_classpath)
      list(APPEND classpath ${linked_classpath})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES classpath)
  list(JOIN classpath ":" classpath_text)
  set(protos)
  foreach(proto IN LISTS arg_PROTOS)
    get_filename_component(proto ${proto} ABSOLUTE)
    list(APPEND protos ${proto})
  endforeach()
  set(made ${arg_OUT_DIR}/src ${arg_OUT_DIR}/classes)
  add_custom_command(
    OUTPUT ${jar}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${made}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
    COMMAND protobuf::protoc --plugin=protoc-gen-polycall=$<TARGET_FILE:${plugin}>
            --polycall_out=lang=java:${arg_OUT_DIR}/src --java_out=${arg_OUT_DIR}/src
            ${includes} ${protos}
    COMMAND sh -c "find src -name '*.java' >sources"
    COMMAND ${POLYCALL_JAVAC} -encoding UTF-8 --release 17 -nowarn -d classes -cp ${classpath_text}
            @sources
    COMMAND ${java_bin}/jar --create --file ${jar} -C classes .
    WORKING_DIRECTORY ${arg_OUT_DIR}
    DEPENDS ${protos} ${plugin} protobuf::protoc ${POLYCALL_JAR}
    COMMENT "Generating java for ${arg_TARGET}"
    VERBATIM)
  file(MAKE_DIRECTORY ${arg_OUT_DIR})
  add_custom_target(${arg_TARGET} ALL DEPENDS ${jar})
  if(TARGET polycall_java)
    add_dependencies(${arg_TARGET} polycall_java)
  endif()
  if(arg_LINK)
    add_dependencies(${arg_TARGET} ${arg_LINK})
  endif()
  set_target_properties(${arg_TARGET} PROPERTIES
    POLYCALL_OUT_DIR ${arg_OUT_DIR}/src POLYCALL_CLASSPATH "${jar};${classpath}")
endmacro()

# hazards/big_enum -> Proto/Hazards/BigEnum.hs, as codegen/haskell/naming.h has it.
function(_polycall_haskell_module base out)
  string(REPLACE "/" ";" parts ${base})
  set(path Proto)
  foreach(part IN LISTS parts)
    string(REGEX REPLACE "[^A-Za-z0-9]+" ";" words "${part}")
    set(name)
    foreach(word IN LISTS words)
      if(NOT word STREQUAL "")
        string(SUBSTRING ${word} 0 1 first)
        string(SUBSTRING ${word} 1 -1 rest)
        string(TOUPPER ${first} first)
        string(APPEND name ${first}${rest})
      endif()
    endforeach()
    if(NOT name MATCHES "^[A-Za-z]")
      string(PREPEND name X)
    endif()
    string(APPEND path /${name})
  endforeach()
  set(${out} ${path}.hs PARENT_SCOPE)
endfunction()

function(polycall_generate)
  cmake_parse_arguments(arg "" "TARGET;LANGUAGE;OUT_DIR" "PROTOS;IMPORT_DIRS;LINK" ${ARGN})
  if(NOT arg_TARGET OR NOT arg_PROTOS)
    message(FATAL_ERROR "polycall_generate: TARGET and PROTOS are needed")
  endif()
  if(NOT arg_LANGUAGE MATCHES "^(cpp|c|python|java|lisp|haskell)$")
    message(FATAL_ERROR
      "polycall_generate(${arg_TARGET}): LANGUAGE is \"${arg_LANGUAGE}\"; known are cpp, c, python, java, lisp, haskell")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "polycall_generate(${arg_TARGET}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_OUT_DIR)
    set(arg_OUT_DIR ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET})
  endif()
  if(NOT arg_IMPORT_DIRS)
    set(arg_IMPORT_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  set(dirs)
  set(includes)
  foreach(dir IN LISTS arg_IMPORT_DIRS)
    get_filename_component(dir ${dir} ABSOLUTE)
    list(APPEND dirs ${dir})
    list(APPEND includes -I${dir})
  endforeach()
  list(APPEND includes -I${POLYCALL_IDL_DIR})

  if(NOT TARGET protobuf::protoc)
    find_package(Protobuf REQUIRED)
  endif()
  _polycall_target(plugin protoc-gen-polycall)

  if(arg_LANGUAGE STREQUAL "java")
    _polycall_generate_java()
    return()
  endif()

  set(outputs)
  set(lisp_components)
  set(sources)
  file(MAKE_DIRECTORY ${arg_OUT_DIR})
  foreach(proto IN LISTS arg_PROTOS)
    get_filename_component(proto ${proto} ABSOLUTE)
    _polycall_relative(${proto} "${dirs}" dir relative)
    string(REGEX REPLACE "\\.proto$" "" base ${relative})
    set(message_flags)
    if(arg_LANGUAGE STREQUAL "cpp")
      file(STRINGS ${proto} imports_options REGEX "^ *import .*polycall/v1/options.proto")
      if(imports_options)
        _polycall_options_target()
        list(APPEND arg_LINK polycall_options_cpp)
      endif()
      set(made ${base}.pb.cc ${base}.pb.h ${base}.polycall.h)
      set(message_flags --cpp_out=${arg_OUT_DIR})
    elseif(arg_LANGUAGE STREQUAL "c")
      set(made ${base}.polycall.c ${base}.polycall.h)
    elseif(arg_LANGUAGE STREQUAL "lisp")
      set(made ${base}.polycall.lisp)
      list(APPEND lisp_components "(:file \"${base}.polycall\")")
    elseif(arg_LANGUAGE STREQUAL "haskell")
      _polycall_haskell_module(${base} made)
    else()
      # protoc's Python generator writes a module name, so "-" becomes "_".
      string(REPLACE "-" "_" base ${base})
      set(made ${base}_pb2.py ${base}_polycall.py)
      set(message_flags --python_out=${arg_OUT_DIR})
    endif()
    list(TRANSFORM made PREPEND ${arg_OUT_DIR}/)
    add_custom_command(
      OUTPUT ${made}
      COMMAND protobuf::protoc --plugin=protoc-gen-polycall=$<TARGET_FILE:${plugin}>
              --polycall_out=lang=${arg_LANGUAGE}:${arg_OUT_DIR} ${message_flags} ${includes} ${proto}
      DEPENDS ${proto} ${plugin} protobuf::protoc
      COMMENT "Generating ${arg_LANGUAGE} from ${relative}"
      VERBATIM)
    list(APPEND outputs ${made})
  endforeach()

  if(arg_LANGUAGE STREQUAL "lisp")
    list(JOIN lisp_components "\n               " lisp_components)
    file(CONFIGURE OUTPUT ${arg_OUT_DIR}/${arg_TARGET}.asd @ONLY CONTENT
";;;; Made by polycall_generate. The generated code of the target @arg_TARGET@.
(asdf:defsystem \"@arg_TARGET@\"
  :depends-on (\"polycall\")
  :serial t
  :components (@lisp_components@))
")
  endif()
  if(arg_LANGUAGE MATCHES "^(python|lisp|haskell)$")
    add_custom_target(${arg_TARGET} ALL DEPENDS ${outputs})
    if(arg_LINK)
      add_dependencies(${arg_TARGET} ${arg_LINK})
    endif()
    set_target_properties(${arg_TARGET} PROPERTIES
      POLYCALL_OUT_DIR ${arg_OUT_DIR} POLYCALL_SOURCES "${outputs}")
    return()
  endif()

  add_library(${arg_TARGET} STATIC ${outputs})
  target_include_directories(${arg_TARGET} PUBLIC ${arg_OUT_DIR})
  set_target_properties(${arg_TARGET} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  _polycall_target(core polycall)
  if(arg_LANGUAGE STREQUAL "cpp")
    _polycall_target(binding polycall_cpp)
    target_compile_features(${arg_TARGET} PUBLIC cxx_std_20)
    target_link_libraries(${arg_TARGET} PUBLIC ${binding} ${core} protobuf::libprotobuf ${arg_LINK})
  else()
    _polycall_target(binding polycall_c)
    target_link_libraries(${arg_TARGET} PUBLIC ${binding} ${core} ${arg_LINK})
  endif()
endfunction()
