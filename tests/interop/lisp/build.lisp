;;;; Saves the testee as a program: sbcl --core polycall.core --load build.lisp FILE

(defparameter cl-user::*interop-proto*
  (concatenate 'string (uiop:getenv "INTEROP_LISP_PROTO") "/"))

(load (make-pathname :name "load" :type "lisp" :version nil :defaults *load-truename*))

(sb-ext:save-lisp-and-die
 (first (last sb-ext:*posix-argv*))
 :executable t :save-runtime-options t
 :toplevel (lambda ()
             (sb-ext:disable-debugger)
             (funcall (intern "MAIN" "INTEROP") (rest sb-ext:*posix-argv*))))
