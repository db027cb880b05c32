;;;; The codec's errors.

(in-package #:polycall)

(define-condition codec-error (error)
  ((message-name :initarg :message-name :initform nil :accessor codec-error-message-name
                 :documentation "The full protobuf name of the message, \"calc.v1.AddRequest\".")
   (reason :initarg :reason :reader codec-error-reason
           :documentation "What is wrong, a text without full stop."))
  (:documentation "A message cannot be read or written."))

(define-condition decode-error (codec-error)
  ((offset :initarg :offset :reader decode-error-offset
           :documentation "The byte of the input at which the trouble was noticed.")
   (field :initarg :field :initform nil :accessor decode-error-field
          :documentation "The number of the field that holds it, or NIL.")
   (inner-name :initform nil :accessor decode-error-inner-name))
  (:report (lambda (condition stream)
             (format stream "cannot read ~A: byte ~D~@[, field ~D~]~@[ of ~A~]: ~A"
                     (codec-error-message-name condition) (decode-error-offset condition)
                     (decode-error-field condition) (decode-error-inner-name condition)
                     (codec-error-reason condition))))
  (:documentation "Bytes are not the message that they should be."))

(define-condition encode-error (codec-error) ()
  (:report (lambda (condition stream)
             (format stream "cannot write ~A: ~A"
                     (codec-error-message-name condition) (codec-error-reason condition))))
  (:documentation "A message holds something that its type does not allow."))

(define-documentation
  (codec-error-message-name "The full protobuf name of the message that is at fault, \"calc.v1.AddRequest\".")
  (codec-error-reason "What is wrong, a text without full stop.")
  (decode-error-offset "The byte of the input at which the trouble was noticed.")
  (decode-error-field "The number of the field that holds that byte, or NIL."))

(declaim (ftype (function (t t) nil) fail-decode)
         (ftype (function (t &rest t) nil) fail-encode))

(defvar *reading* nil "The MESSAGE-TYPE that is being read from *INPUT*, or NIL.")
(defvar *input*)
(defvar *input-start*)
(defvar *input-end*)
(defvar *writing* nil "The MESSAGE-TYPE that is being written, or NIL.")

(defun fail-decode (at reason)
  (let ((condition (make-condition 'decode-error :offset at :reason reason)))
    (when *reading* (locate-error condition))
    (error condition)))

(defun fail-encode (reason &rest arguments)
  (declare (notinline message-type-name))
  (error 'encode-error :reason (apply #'format nil reason arguments)
                       :message-name (when *writing* (message-type-name *writing*))))
