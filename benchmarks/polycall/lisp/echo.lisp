;;;; The work of the benchmarks (../../echo.proto) in Common Lisp.

(defpackage :bench-echo
  (:use :common-lisp)
  (:export #:echo-service #:request))

(in-package :bench-echo)

(defclass echo-service (echo.v1:echo-service-service) ())

(defun copy (message)
  (echo.v1:make-echo-message :payload (echo.v1:echo-message-payload message)
                             :sequence (echo.v1:echo-message-sequence message)
                             :sent-at (echo.v1:echo-message-sent-at message)
                             :tag (echo.v1:echo-message-tag message)
                             :count (echo.v1:echo-message-count message)))

(defmethod echo.v1:echo ((service echo-service) request context)
  (declare (ignore context))
  (copy request))

(defun request (size)
  "The message that every peer sends, with a payload of SIZE bytes."
  (echo.v1:make-echo-message
   :payload (make-array size :element-type '(unsigned-byte 8) :initial-element 120)
   :sequence 7 :sent-at 300 :tag 70000 :count 20000))
