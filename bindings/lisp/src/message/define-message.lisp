;;;; DEFINE-MESSAGE, which generated code consists of.

(in-package #:polycall)

(defun forget-structure (name slots)
  "Makes way for a definition of the message NAME with other SLOTS. Messages of the old definition
stay what they were; code that is loaded makes those of the new one."
  (let ((old (get name 'message-slots)))
    (when (and old (not (equal old slots)))
      #+sbcl (when (find-class name nil) (setf (find-class name) nil))
      (remprop name 'message-type))
    (setf (get name 'message-slots) slots)))

(defun document-slots (fields)
  (loop for field in fields
        when (and (plain-p field) (field-doc field))
          collect `(setf (documentation ',(field-accessor field) 'function) ,(field-doc field))))

(defun message-functions (fields oneofs)
  (append (mapcar #'field-accessor fields)
          (loop for oneof in oneofs
                collect (oneof-accessor oneof) collect (oneof-case-accessor oneof))))

(defmacro define-message (message (&key name
                                     (constructor (local-symbol message "MAKE-~A"))
                                     (predicate (local-symbol message "~A-P"))
                                     (copier (local-symbol message "COPY-~A")))
                          &body body)
  "Defines a message of the .proto: the structure MESSAGE, its constructor, accessors and codec.

BODY is an optional docstring and fields: (NAME NUMBER TYPE &KEY LABEL PACKED DEFAULT ACCESSOR DOC),
or (:ONEOF NAME (&KEY ACCESSOR CASE-ACCESSOR DOC) FIELD...)."
  (let ((doc (when (stringp (first body)) (pop body)))
        (make (raw-constructor message)))
    (multiple-value-bind (fields oneofs) (parse-fields message body)
      (let ((slots (slot-forms fields oneofs)))
        `(progn
           (eval-when (:compile-toplevel :load-toplevel :execute)
             (export '(,message ,constructor ,predicate ,copier
                       ,@(message-functions fields oneofs))
                     ,(package-name (symbol-package message)))
             (forget-structure ',message '(,@(mapcar (lambda (slot) (remove-default slot)) slots)
                                           ,constructor ,predicate ,copier))
             ;; Code that was compiled for one definition of a message keeps working with the next.
             #+sbcl
             (proclaim '(notinline ,@(loop for field in fields
                                           when (plain-p field)
                                             collect (field-accessor field)
                                             and collect `(setf ,(field-accessor field))))))
           (define-structure-of-defaults
            ,make
            (defstruct (,message (:include message) (:conc-name nil) (:constructor ,make ())
                                 (:predicate ,predicate) (:copier ,copier))
              ,@(when doc (list doc))
              ,@slots))
           (with-quick-slots (,message ,(mapcar #'remove-default slots))
             (locally
               #+sbcl
               (declare (inline ,@(loop for field in fields
                                        when (plain-p field)
                                          collect (field-accessor field)
                                          and collect `(setf ,(field-accessor field)))))
               #-sbcl (declare)
               ,@(accessor-forms message fields oneofs)
               ,(constructor-form constructor make name fields)
               ,@(decoder-forms message fields)
               ,@(encoder-forms message fields oneofs name)
               (register-message-type
                (make-message-type
                 :name ,name :symbol ',message
                 :fields (list ,@(info-forms fields))
                 :make (lambda () (,make))
                 :decode #',(decoder-function message)
                 :encode #',(encoder-function message)))))
           ,@(document-slots fields)
           ',message)))))

(defun remove-default (slot)
  (list (first slot) (getf (cddr slot) :type)))
