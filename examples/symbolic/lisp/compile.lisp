;;;; Compiles the generated file that SYMBOLIC_GENERATED names, so that the host finds it compiled.
(polycall:load-generated (ext:getenv "SYMBOLIC_GENERATED"))
(ext:quit 0)
