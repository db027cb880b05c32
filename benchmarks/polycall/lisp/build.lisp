;;;; Saves the client as a program:  BENCH_GENERATED=... sbcl --core polycall.core --load build.lisp FILE

(defparameter cl-user::*here* (or *load-truename* *default-pathname-defaults*))

(polycall:load-generated (uiop:getenv "BENCH_GENERATED"))
(dolist (name '("echo" "client"))
  (load (compile-file (make-pathname :name name :type "lisp" :version nil :defaults *here*)
                      :output-file (format nil "~a.~a.fasl" (first (last sb-ext:*posix-argv*)) name))))

(sb-ext:save-lisp-and-die
 (first (last sb-ext:*posix-argv*))
 :executable t :save-runtime-options t
 :toplevel (lambda ()
             (sb-ext:disable-debugger)
             (funcall (intern "MAIN" "BENCH-CLIENT") (rest sb-ext:*posix-argv*))
             (sb-ext:exit :code 0 :abort t)))
