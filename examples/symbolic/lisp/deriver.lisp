;;;; The Deriver service. A module for a host: REGISTER adds it to a server.

(in-package :cl-user)

;;; The build puts the generated code beside the copies of these files.
(flet ((beside (name)
         (merge-pathnames name (or *load-truename* *compile-file-truename*))))
  (load (beside "algebra.lisp"))
  (polycall:load-generated (beside "symbolic.polycall.lisp")))

(defpackage :symbolic-deriver
  (:use :common-lisp)
  (:export #:register))

(in-package :symbolic-deriver)

(defparameter *deepest* 45 "Messages may be nested 100 deep, and each level of a tree takes two.")

(defun incomplete (what)
  (polycall:fail :invalid-argument (format nil "the expression lacks a part: ~a" what)))

(defun from-message (node)
  "The expression of symbolic-algebra that a syntax tree stands for."
  (case (and node (symbolic.v1:expression-node-case node))
    (:number
     (let ((number (symbolic.v1:expression-number node)))
       (if (< (abs number) most-positive-double-float)
           (rational number)
           (polycall:fail :invalid-argument "the expression has a number that is not finite"))))
    (:symbol
     (let ((symbol (symbolic.v1:expression-symbol node)))
       (if (member symbol '(:x :pi :e)) symbol (incomplete "a symbol is not set"))))
    (:application
     (let* ((application (symbolic.v1:expression-application node))
            (function (symbolic.v1:application-function application)))
       (unless (member function symbolic-algebra:+functions+) (incomplete "a function is not set"))
       (list function (from-message (symbolic.v1:application-argument application)))))
    (:operation
     (let* ((operation (symbolic.v1:expression-operation node))
            (operator (symbolic.v1:operation-operator operation)))
       (unless (member operator symbolic-algebra:+operators+) (incomplete "an operator is not set"))
       (list operator
             (from-message (symbolic.v1:operation-left operation))
             (from-message (symbolic.v1:operation-right operation)))))
    (t (incomplete "a node is empty"))))

(defun to-message (tree &optional (depth 1))
  "The syntax tree of an expanded expression."
  (when (> depth *deepest*)
    (polycall:fail :resource-exhausted
                   (format nil "the derivative is nested more than ~d deep" *deepest*)))
  (cond ((realp tree) (symbolic.v1:make-expression :number (coerce tree 'double-float)))
        ((atom tree) (symbolic.v1:make-expression :symbol tree))
        ((third tree)
         (symbolic.v1:make-expression
          :operation (symbolic.v1:make-operation :operator (first tree)
                                                 :left (to-message (second tree) (1+ depth))
                                                 :right (to-message (third tree) (1+ depth)))))
        (t (symbolic.v1:make-expression
            :application (symbolic.v1:make-application
                          :function (first tree)
                          :argument (to-message (second tree) (1+ depth)))))))

(defclass deriver (symbolic.v1:deriver-service) ())

(defmethod symbolic.v1:differentiate ((service deriver) request context)
  (declare (ignore context))
  (handler-case
      (let ((tree (symbolic-algebra:differentiate (from-message request))))
        (symbolic.v1:make-derivative :expression (to-message tree)
                                     :text (symbolic-algebra:infix tree)))
    (symbolic-algebra:too-complex (condition)
      (polycall:fail :resource-exhausted (princ-to-string condition)))))

(defun register (server)
  "Adds the service to SERVER."
  (polycall:add-service server (make-instance 'deriver)))
