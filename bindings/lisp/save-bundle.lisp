;;;; Puts the binding and what it needs, compiled by ECL, into the one file that BUNDLE names.

(let ((made (asdf:output-file (asdf:make-operation 'asdf:monolithic-compile-bundle-op)
                              (asdf:find-system "polycall")))
      (*standard-output* (make-broadcast-stream)))
  (asdf:operate 'asdf:monolithic-compile-bundle-op "polycall")
  (uiop:copy-file made (ext:getenv "BUNDLE")))
(ext:quit 0)
