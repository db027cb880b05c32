;;;; The structure of a message: slots, accessors, constructor.

(in-package #:polycall)

(defun slot-forms (fields oneofs)
  (append
   (loop for field in fields
         unless (eq (field-label field) :member)
           collect `(,(field-slot field) ,(initial-value field) :type ,(slot-type field)))
   (loop for oneof in oneofs
         collect `(,(oneof-slot oneof) nil)
         collect `(,(oneof-case-slot oneof) nil :type symbol))))

(defun initial-value (field)
  (ecase (field-label field)
    (:implicit (field-default field))
    ((:optional :required) (if (eq (field-type field) :message) nil ''absent))
    (:repeated (if (eq (element-type (field-type field)) t)
                   #()
                   `(load-time-value (make-array 0 :element-type ',(element-type (field-type field)))
                                     t)))
    (:map nil)))

(defun plain-p (field) (eq (field-slot field) (field-accessor field)))

(defun accessor-forms (message fields oneofs)
  "Functions of fields that are more than their slots."
  (append
   (loop for field in fields
         unless (plain-p field)
           append (ecase (field-label field)
                    ((:optional :required) (presence-accessor message field))
                    (:map (map-accessor message field))
                    (:member (member-accessor message field))))
   (loop for oneof in oneofs append (oneof-accessors message oneof))))

(defun described (field text)
  (format nil "~@[~A~2%~]~A" (field-doc field) text))

(defun presence-accessor (message field)
  (let ((slot (field-slot field)) (accessor (field-accessor field)))
    `((defun ,accessor (,message)
        ,(described field "The value, or the default; second value: whether the field is there. SETF to POLYCALL:ABSENT makes
it absent.")
        (let ((value (,slot ,message)))
          (if (eq value 'absent) (values ,(field-default field) nil) (values value t))))
      (defun (setf ,accessor) (value ,message)
        (setf (,slot ,message) value)))))

(defun map-accessor (message field)
  (let ((slot (field-slot field)) (accessor (field-accessor field)))
    `((defun ,accessor (,message)
        ,(described field "The map, a hash table.")
        (or (,slot ,message)
            (setf (,slot ,message) (empty-table ,(plain-type (field-type (field-key field)))))))
      (defun (setf ,accessor) (value ,message)
        (setf (,slot ,message) (coerce-map ,(plain-type (field-type (field-key field))) value))))))

(defun member-accessor (message field)
  (let* ((oneof (field-oneof field))
         (case-slot (oneof-case-slot oneof))
         (slot (oneof-slot oneof))
         (keyword (field-keyword field))
         (accessor (field-accessor field)))
    `((defun ,accessor (,message)
        ,(described field "The value, or the default; second value: whether the oneof holds this member.")
        (if (eq (,case-slot ,message) ,keyword)
            (values (,slot ,message) t)
            (values ,(field-default field) nil)))
      (defun (setf ,accessor) (value ,message)
        (check-type value ,(if (eq (field-type field) :message)
                               'message
                               (lisp-type (field-type field))))
        (setf (,case-slot ,message) ,keyword
              (,slot ,message) value)))))

(defun oneof-accessors (message oneof)
  (let ((keywords (mapcar #'field-keyword (oneof-members oneof))))
    `((defun ,(oneof-case-accessor oneof) (,message)
        ,(format nil "~@[~A~2%~]Which member the oneof holds:~{ ~S~^,~}, or NIL."
                 (oneof-doc oneof) keywords)
        (,(oneof-case-slot oneof) ,message))
      (defun ,(oneof-accessor oneof) (,message)
        "The value of the member that the oneof holds, or NIL."
        (,(oneof-slot oneof) ,message)))))

(defun clear-oneof-form (message oneof)
  `(setf (,(oneof-case-slot oneof) ,message) nil
         (,(oneof-slot oneof) ,message) nil))

;;; The constructor takes what a person writes: any sequence for a repeated field, an alist for a map.

(defun argument-form (field argument)
  (let ((type (field-type field)))
    (ecase (field-label field)
      ((:implicit :optional :required)
       (if (eq type :bytes) `(octets-or-absent ,argument) argument))
      (:repeated `(coerce ,argument '(simple-array ,(element-type type) (*))))
      (:map `(coerce-map ,(plain-type (field-type (field-key field))) ,argument)))))

(defun octets-or-absent (value)
  (if (eq value 'absent) value (octets-of value)))

(defun fail-two-members (message-name oneof)
  (error 'codec-error :message-name message-name
                      :reason (format nil "two members of the oneof ~(~A~) are given" oneof)))

(defun constructor-form (constructor raw-constructor full-name fields)
  (let ((given (mapcar (lambda (field) (local-symbol (field-name field) "%~A-GIVEN-P")) fields)))
    `(defun ,constructor (&key ,@(loop for field in fields
                                       for given-p in given
                                       collect `(,(field-name field) nil ,given-p)))
       ,(format nil "A new ~A." full-name)
       (let ((%message (,raw-constructor)))
         ,@(loop for field in fields
                 for given-p in given
                 for argument = (field-name field)
                 collect
                 (if (eq (field-label field) :member)
                     `(when ,given-p
                        (when (,(oneof-case-slot (field-oneof field)) %message)
                          (fail-two-members ,full-name ',(oneof-name (field-oneof field))))
                        (setf (,(field-accessor field) %message)
                              ,(if (eq (field-type field) :bytes)
                                   `(octets-of ,argument)
                                   argument)))
                     `(when ,given-p
                        (setf (,(field-slot field) %message) ,(argument-form field argument)))))
         %message))))

(defun plain-type (type)
  (case type (:loose-string :string) (:closed-enum :enum) (t type)))

(defun info-forms (fields)
  "The descriptions of the fields for the registry."
  (loop for field in fields
        collect
        `(make-field-info
          ,(field-keyword field) ,(field-number field)
          ,(plain-type (field-type field))
          ',(if (eq (field-type field) :map)
                (list (plain-type (field-type (field-key field)))
                      (plain-type (field-type (field-value field)))
                      (field-symbol (field-value field)))
                (field-symbol field))
          ,(field-label field)
          ,(if (eq (field-label field) :member)
               `(lambda (m)
                  (if (eq (,(oneof-case-slot (field-oneof field)) m) ,(field-keyword field))
                      (,(oneof-slot (field-oneof field)) m)
                      'absent))
               `(lambda (m) (,(field-slot field) m)))
          ,(if (eq (field-label field) :member)
               `(lambda (m)
                  (when (eq (,(oneof-case-slot (field-oneof field)) m) ,(field-keyword field))
                    ,(clear-oneof-form 'm (field-oneof field))))
               `(lambda (m) (setf (,(field-slot field) m) ,(initial-value field)))))))
