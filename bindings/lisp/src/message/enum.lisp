;;;; Enums: keywords, and integers for the numbers that have no name. All enums are open.

(in-package #:polycall)

(defun enum-number-of (enum value)
  "The number of VALUE, a keyword of ENUM or an integer."
  (funcall (get enum 'enum-number) value))

(defun enum-keyword-of (enum number)
  "The keyword of NUMBER in ENUM, or NUMBER itself if it has no name."
  (funcall (get enum 'enum-keyword) number))

(defun fail-enum (name value)
  (if (keywordp value)
      (fail-encode "the enum ~A has no value ~S" name value)
      (fail-encode "~S is no value of the enum ~A" value name)))

(defun dense-names (values)
  "A vector from number to keyword if the numbers are small, else NIL."
  (let ((largest (reduce #'max values :key #'second)))
    (when (and (every (lambda (value) (>= (second value) 0)) values)
               (<= largest (+ 16 (* 4 (length values)))))
      (let ((names (make-array (1+ largest) :initial-element nil)))
        (loop for (name number) in values
              do (unless (svref names number) (setf (svref names number) name)))
        names))))

(defun enum-table (pairs)
  (let ((table (make-hash-table :test 'eql)))
    (loop for (key value) in pairs
          do (unless (nth-value 1 (gethash key table)) (setf (gethash key table) value)))
    table))

(defun local-symbol (symbol format)
  "A symbol beside SYMBOL that no name of a .proto can be."
  (intern (format nil format (symbol-name symbol)) (symbol-package symbol)))

(defun enum-number-function (enum) (local-symbol enum "%~A->NUMBER"))
(defun enum-keyword-function (enum) (local-symbol enum "%NUMBER->~A"))

(defmacro define-enum (enum (&key name) &body values)
  "Defines an enum of the .proto. VALUES are (KEYWORD NUMBER [DOCUMENTATION]) after an optional
docstring; the first of several names of a number is the one that is read."
  (let* ((doc (when (stringp (first values)) (pop values)))
         (to-number (enum-number-function enum))
         (to-keyword (enum-keyword-function enum))
         (dense (dense-names values))
         (large (> (length values) 16)))
    `(progn
       (eval-when (:compile-toplevel :load-toplevel :execute)
         (export ',enum ,(package-name (symbol-package enum))))
       (deftype ,enum ()
         ,@(when doc (list doc))
         '(or keyword (signed-byte 32)))
       (defun ,to-number (value)
         (typecase value
           (keyword
            ,(if large
                 `(or (gethash value (load-time-value (enum-table ',(mapcar #'butlast-doc values))))
                      (fail-enum ,name value))
                 `(case value
                    ,@(loop for (keyword number) in values collect (list keyword number))
                    (t (fail-enum ,name value)))))
           ((signed-byte 32) value)
           (t (fail-enum ,name value))))
       (defun ,to-keyword (number)
         (declare (type (signed-byte 32) number))
         ,(if dense
              `(let ((names (load-time-value ,dense t)))
                 (declare (type simple-vector names))
                 (or (and (<= 0 number ,(1- (length dense))) (svref names number)) number))
              `(values (gethash number
                                (load-time-value
                                 (enum-table ',(loop for (keyword number) in values
                                                     collect (list number keyword))))
                                number))))
       (setf (get ',enum 'enum-number) ',to-number
             (get ',enum 'enum-keyword) ',to-keyword
             (get ',enum 'enum-values) ',(mapcar #'butlast-doc values))
       ',enum)))

(defun butlast-doc (value) (list (first value) (second value)))
