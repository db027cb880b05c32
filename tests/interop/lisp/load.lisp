;;;; Loads the testee: the generated code of the folder named by INTEROP_LISP_PROTO, and the files beside
;;;; this one.

(dolist (file '("empty" "messages" "test" "polycall_test"))
  (polycall:load-generated
   (merge-pathnames (concatenate 'string file ".polycall.lisp")
                    (concatenate 'string (uiop:getenv "INTEROP_LISP_PROTO") "/"))))

(dolist (file '("package" "support" "unary-cases" "stream-cases" "status-cases" "cancel-cases"
                "failure-cases" "load-cases" "test-service" "own-service" "server" "testee"))
  (polycall:load-generated
   (make-pathname :name file :type "lisp" :version nil :defaults *load-truename*)))
