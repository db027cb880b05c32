;;;; Compiles the generated file that SYMBOLIC_GENERATED names, and puts the compiled one beside it, so that
;;;; every host finds it compiled, wherever the two are taken.
(let* ((file (polycall:load-generated (ext:getenv "SYMBOLIC_GENERATED")))
       (compiled (compile-file-pathname file))
       (made (asdf:apply-output-translations compiled)))
  (when (probe-file made)
    (uiop:copy-file made compiled)))
(ext:quit 0)
