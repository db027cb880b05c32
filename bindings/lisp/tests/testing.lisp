;;;; Tests with names that are sentences: (define-test "a call answers" ...), (expect FORM), and
;;;; (run-tests), which ends the process with 1 if one failed.

(defpackage #:polycall-tests
  (:use #:common-lisp)
  (:export #:define-test #:expect #:expect-equal #:expect-error #:run-tests))

(in-package #:polycall-tests)

(defvar *tests* '())
(defvar *failures* 0)

(defmacro define-test (name &body body)
  `(push (cons ,name (lambda () ,@body)) *tests*))

(define-condition failed-expectation (error)
  ((text :initarg :text :reader text))
  (:report (lambda (condition stream) (write-string (text condition) stream))))

(defun complain (format &rest arguments)
  (error 'failed-expectation :text (apply #'format nil format arguments)))

(defmacro expect (form)
  `(unless ,form (complain "~S is not true" ',form)))

(defmacro expect-equal (expected form)
  `(let ((expected ,expected) (actual ,form))
     (unless (equalp expected actual)
       (complain "~S is ~S, not ~S" ',form actual expected))))

(defmacro expect-error (type form)
  "FORM signals an error of TYPE, which is the value."
  `(handler-case (progn ,form nil)
     (,type (condition) condition)
     (error (other) (complain "~S signals ~S: ~A" ',form (type-of other) other))
     (:no-error (&rest values) (complain "~S signals nothing and gives ~S" ',form values))))

(defun run-tests ()
  (loop for (name . function) in (reverse *tests*)
        do (handler-case (progn (funcall function) (format t "ok    ~A~%" name))
             (serious-condition (condition)
               (incf *failures*)
               (format t "FAIL  ~A~%      ~A: ~A~%" name (type-of condition) condition)))
           (finish-output))
  (format t "~D tests, ~D failed~%" (length *tests*) *failures*)
  (finish-output)
  (cffi:foreign-funcall "_exit" :int (if (zerop *failures*) 0 1) :void))
