;;;; A module of the Lisp host's; it was given nothing but the installed tree.

(polycall:load-generated (merge-pathnames "greet.polycall.lisp" *load-truename*))

(defclass greeter (greet.v1:greeter-service) ())

(defmethod greet.v1:greet ((greeter greeter) request context)
  (declare (ignore context))
  (greet.v1:make-greet-reply
   :text (format nil "Hello ~A, from Lisp" (greet.v1:greet-request-name request))))

(defun register (server) (polycall:add-service server (make-instance 'greeter)))
