# polycall_generate(TARGET LANGUAGE cpp|c|python PROTOS a.proto ... [IMPORT_DIRS dir ...] [OUT_DIR dir])
