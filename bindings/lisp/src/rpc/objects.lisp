;;;; Lisp objects that C knows by a number: the garbage collector moves them, so C cannot have them.

(in-package #:polycall)

(defvar *objects-lock* (make-lock "polycall objects"))
(declaim (type simple-vector *objects*))
(#+sbcl sb-ext:defglobal #-sbcl defvar *objects* (make-array 64 :initial-element nil))
(defvar *free-numbers* '())
(defvar *next-number* 1)

(defun register-object (object)
  "A number for OBJECT, valid until FORGET-OBJECT."
  (with-lock (*objects-lock*)
    (let ((number (or (pop *free-numbers*) (prog1 *next-number* (incf *next-number*)))))
      (when (>= number (length *objects*))
        ;; Readers hold no lock: they see the old vector or the new one, and both know their numbers.
        (let ((larger (make-array (* 2 (length *objects*)) :initial-element nil)))
          (replace larger *objects*)
          (setf *objects* larger)))
      (setf (svref *objects* number) object)
      number)))

(declaim (inline object-of))
(defun object-of (number)
  (declare (type fixnum number))
  (svref *objects* number))

(defun forget-object (number)
  (with-lock (*objects-lock*)
    (setf (svref *objects* number) nil)
    (push number *free-numbers*))
  nil)

(defun forget-objects (number)
  "For C, which is done with a list of numbers: NUMBER is the list's."
  (mapc #'forget-object (object-of number))
  (forget-object number))
