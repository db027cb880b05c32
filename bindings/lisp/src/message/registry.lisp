;;;; Message types at run time: what printing, comparing and the codec's rarer tasks go by. Encoding
;;;; and decoding themselves are functions that DEFINE-MESSAGE compiles for each type.

(in-package #:polycall)

(defstruct (field-info (:constructor make-field-info
                         (name number type symbol label getter clearer)))
  (name nil :type keyword)
  (number 0 :type (unsigned-byte 32))
  ;; A scalar's keyword, :ENUM, :MESSAGE or :MAP.
  (type nil :type keyword)
  ;; The type's symbol for :ENUM and :MESSAGE, (KEY-TYPE VALUE-TYPE VALUE-SYMBOL) for :MAP.
  (symbol nil)
  (label nil :type keyword)
  ;; Functions of the message: the value (ABSENT if there is none), and what makes it absent.
  (getter nil)
  (clearer nil))

(defstruct message-type
  (name "" :type string)
  (symbol nil :type symbol)
  (fields nil :type list)
  (make nil)
  (decode nil)
  (encode nil)
  ;; Whether a message of this type may contain one with required fields: T, NIL or not yet known.
  (requires :unknown)
  ;; C's table of the type, for messages that are passed within this image; NIL until there is one.
  (table nil))

(quick-readers message-type-symbol message-type-make message-type-decode message-type-encode
               message-type-requires message-type-table)

(define-documentation
  (message-type-name "The full protobuf name of a message type, \"calc.v1.AddRequest\"."))

(defun find-message-type (symbol)
  "The type of the messages that are called SYMBOL, which may also be a message."
  (let ((name (if (symbolp symbol) symbol (type-of symbol))))
    (or (get name 'message-type)
        (error 'codec-error :message-name name :reason "no such message type was defined"))))

(defun message-type-of (message)
  (find-message-type (type-of message)))

(defun register-message-type (type)
  (let* ((symbol (message-type-symbol type)) (old (get symbol 'message-type)))
    ;; The same definition loaded again: its messages are the same ones.
    (when old (setf (message-type-table type) (message-type-table old)))
    (setf (get symbol 'message-type) type)))

(defun value-in (message field)
  (funcall (field-info-getter field) message))

(defun default-value-p (field value)
  "Whether VALUE is what an absent field of FIELD's kind reads as."
  (case (field-info-label field)
    (:repeated (zerop (length value)))
    (:map (or (null value) (zerop (hash-table-count value))))
    ((:optional :required :member) (or (eq value 'absent) (null-message-p field value)))
    (t (case (field-info-type field)
         ((:string :bytes) (zerop (length value)))
         (:bool (not value))
         (:float (zerop (float-bits value)))
         (:double (zerop (double-bits value)))
         (:enum (eql 0 (enum-number-of (field-info-symbol field) value)))
         (:message (null value))
         (t (eql value 0))))))

(defun null-message-p (field value)
  (and (eq (field-info-type field) :message) (null value)))

(defun find-field (message name)
  (or (find name (message-type-fields (message-type-of message)) :key #'field-info-name)
      (error 'codec-error :message-name (message-type-name message)
                          :reason (format nil "there is no field ~S" name))))

(defun field-present-p (message name)
  "Whether the field NAME (a keyword) of MESSAGE is there; for fields that cannot tell, whether it
differs from its default."
  (let ((field (find-field message name)))
    (not (default-value-p field (value-in message field)))))

(defun clear-field (message name)
  "Makes the field NAME (a keyword) of MESSAGE absent, or its default. Answers MESSAGE."
  (funcall (field-info-clearer (find-field message name)) message)
  message)

(defmethod print-object ((message message) stream)
  (let ((type (get (type-of message) 'message-type)))
    (if (null type)
        (print-unreadable-object (message stream :type t :identity t))
        (print-unreadable-object (message stream)
          (write (type-of message) :stream stream)
          (dolist (field (message-type-fields type))
            (let ((value (value-in message field)))
              (unless (default-value-p field value)
                (format stream " ~S ~S" (field-info-name field)
                        (if (hash-table-p value) (table-alist value) value)))))
          (when (message-unknown message)
            (format stream " (~D bytes unknown)" (length (message-unknown message))))))))

(defun table-alist (table)
  (loop for key being the hash-keys of table using (hash-value value) collect (cons key value)))

(defun value= (type symbol left right)
  (case type
    (:message (if (and left right) (message= left right) (eq left right)))
    ((:string :bytes) (equalp-octets left right))
    (:float (= (float-bits left) (float-bits right)))
    (:double (= (double-bits left) (double-bits right)))
    (:enum (eql (enum-number-of symbol left) (enum-number-of symbol right)))
    (t (eql left right))))

(defun equalp-octets (left right)
  (cond ((and (stringp left) (stringp right)) (string= left right))
        ((and (vectorp left) (vectorp right) (not (stringp left)) (not (stringp right)))
         (and (= (length left) (length right)) (every #'eql left right)))))

(defun field= (field left right)
  (let ((type (field-info-type field)) (symbol (field-info-symbol field)))
    (cond ((eq (field-info-label field) :map)
           (let ((none (load-time-value (make-hash-table))))
             (table= symbol (or left none) (or right none))))
          ((eq (field-info-label field) :repeated)
           (and (= (length left) (length right))
                (every (lambda (a b) (value= type symbol a b)) left right)))
          ((or (eq left 'absent) (eq right 'absent)) (eq left right))
          (t (value= type symbol left right)))))

(defun table= (types left right)
  (destructuring-bind (key-type value-type value-symbol) types
    (declare (ignore key-type))
    (and (= (hash-table-count left) (hash-table-count right))
         (loop for key being the hash-keys of left using (hash-value value)
               always (multiple-value-bind (other found) (gethash key right)
                        (and found (value= value-type value-symbol value other)))))))

(defun message= (left right)
  "Whether two messages are of one type and have the same fields, unknown ones included. NaN is
equal to a NaN of the same bits."
  (and (eq (type-of left) (type-of right))
       (every (lambda (field)
                (field= field (value-in left field) (value-in right field)))
              (message-type-fields (message-type-of left)))
       (equalp (message-unknown left) (message-unknown right))))
