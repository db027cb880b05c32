# Writes OUT: a C file with a table of the polycall_message_type of each message in HEADERS (joined by
# "|"), which lie below BASE.
string(REPLACE "|" ";" HEADERS "${HEADERS}")
set(includes)
set(entries)
foreach(header IN LISTS HEADERS)
  file(RELATIVE_PATH relative ${BASE} ${header})
  string(APPEND includes "#include \"${relative}\"\n")
  file(STRINGS ${header} lines REGEX "^extern const polycall_message_type ")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^extern const polycall_message_type (.*).$" "\\1" name "${line}")
    string(APPEND entries "    &${name},\n")
  endforeach()
endforeach()
file(WRITE ${OUT}
"${includes}#include \"all_messages.h\"

const polycall_message_type* const all_messages[] = {
${entries}    NULL,
};
")
