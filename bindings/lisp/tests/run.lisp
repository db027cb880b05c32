;;;; Runs the tests of the file that TEST names, with the generated code below GENERATED.

(defun beside (name) (merge-pathnames name *load-truename*))

(let ((generated (concatenate 'string (uiop:getenv "GENERATED") "/")))
  (dolist (file '("calc" "hazards/presence" "hazards/maps" "hazards/proto2" "hazards/recursion"
                  "hazards/unicode"))
    (polycall:load-generated (format nil "~A~A.polycall.lisp" generated file))))

(load (beside "testing.lisp"))
(load (beside "calc.lisp"))
(load (beside (format nil "~A.lisp" (uiop:getenv "TEST"))))
(funcall (intern "RUN-TESTS" "POLYCALL-TESTS"))
