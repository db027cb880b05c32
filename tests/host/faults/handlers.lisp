;;;; Handlers that do what they should not. faults.lisp loads them, compiled or as they are.

(in-package #:cl-user)

(defclass broken (faults.v1:broken-service) ())

(defun fall (depth)
  (declare (notinline fall))
  (1+ (fall (1+ depth))))

(defmethod faults.v1:fall ((service broken) request context)
  (declare (ignore request context))
  (faults.v1:make-number :value (fall 0)))

(defmethod faults.v1:fail ((service broken) request context)
  (declare (ignore request context))
  (error "it broke"))

(defmethod faults.v1:babble ((service broken) request context)
  (declare (ignore request context))
  "no number")

(defmethod faults.v1:stand ((service broken) request context)
  (declare (ignore context))
  (faults.v1:make-number :value (faults.v1:number-value request)))
