;;;; Loads the testee: the generated code of the folder that cl-user::*interop-proto* names, and the files
;;;; beside this one.

(dolist (file '("empty" "messages" "test" "polycall_test"))
  (polycall:load-generated
   (merge-pathnames (concatenate 'string file ".polycall.lisp")
                    (symbol-value (find-symbol "*INTEROP-PROTO*" "COMMON-LISP-USER")))))

(dolist (file '("package" "support" "settings" "unary-cases" "stream-cases" "status-cases" "cancel-cases"
                "failure-cases" "load-cases" "test-service" "own-service" "server" "testee"))
  (polycall:load-generated
   (make-pathname :name file :type "lisp" :version nil :defaults *load-truename*)))
