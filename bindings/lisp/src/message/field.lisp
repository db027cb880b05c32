;;;; Fields as DEFINE-MESSAGE is told of them, and the code that their types stand for.

(in-package #:polycall)

(defstruct (field (:constructor %make-field))
  name            ; the symbol of the field, ADD-REQUEST's LEFT
  number
  type            ; a scalar's keyword, :ENUM, :CLOSED-ENUM, :MESSAGE or :MAP
  symbol          ; the enum's or message's
  key value       ; of maps: fields too
  label           ; :IMPLICIT, :OPTIONAL, :REQUIRED, :REPEATED, :MAP or :MEMBER (of a oneof)
  packed
  default         ; a form
  accessor        ; the public function
  slot            ; the slot's own accessor; the public one for plain slots
  oneof           ; the ONEOF of a member
  doc)

(defstruct oneof name accessor case-accessor slot case-slot members doc)

(defun field-keyword (field)
  (intern (symbol-name (field-name field)) :keyword))

;;; Scalars: Lisp type, wire type, default.
(defparameter *scalars*
  '((:double double-float 1 0d0)
    (:float single-float 5 0f0)
    (:int64 (signed-byte 64) 0 0)
    (:uint64 (unsigned-byte 64) 0 0)
    (:int32 (signed-byte 32) 0 0)
    (:fixed64 (unsigned-byte 64) 1 0)
    (:fixed32 (unsigned-byte 32) 5 0)
    (:bool boolean 0 nil)
    (:string string 2 "")
    (:loose-string (or string octets) 2 "")
    (:bytes octets 2 (load-time-value (make-octets 0) t))
    (:uint32 (unsigned-byte 32) 0 0)
    (:enum (or keyword (signed-byte 32)) 0 0)
    ;; A number without a name is kept as an unknown field.
    (:closed-enum (or keyword (signed-byte 32)) 0 0)
    (:sfixed32 (signed-byte 32) 5 0)
    (:sfixed64 (signed-byte 64) 1 0)
    (:sint32 (signed-byte 32) 0 0)
    (:sint64 (signed-byte 64) 0 0)
    (:message (or null message) 2 nil)))

(defun lisp-type (type) (second (assoc type *scalars*)))
(defun wire-type (type) (third (assoc type *scalars*)))
(defun type-default (type) (fourth (assoc type *scalars*)))

(defun packable-p (type) (not (member type '(:string :loose-string :bytes :message))))

(defun element-type (type)
  "What a vector of such values has as its element type."
  (case type
    ((:bool :enum :closed-enum :string :loose-string :bytes :message) t)
    (t (lisp-type type))))

(defun field-tag (field &optional (wire (wire-type (field-type field))))
  (logior (ash (field-number field) 3) wire))

(defun slot-type (field)
  (let ((type (field-type field)))
    (ecase (field-label field)
      (:implicit (lisp-type type))
      ((:optional :required)
       (if (eq type :message) (lisp-type type) `(presence-of ,(lisp-type type))))
      (:repeated (if (eq (element-type type) t)
                     'simple-vector
                     `(simple-array ,(element-type type) (*))))
      (:map '(or null hash-table)))))
;;; Reading what the .proto's author wrote, in the emitter's words.

(defun default-form (type default)
  "The form of a DEFAULT as generated code gives it."
  (case type
    (:bytes `(load-time-value (octets-of ',default) t))
    (:double (case default
               (:infinity '(bits-double #x7ff0000000000000))
               (:-infinity '(bits-double #xfff0000000000000))
               (:nan '(bits-double #x7ff8000000000000))
               (t default)))
    (:float (case default
              (:infinity '(bits-float #x7f800000))
              (:-infinity '(bits-float #xff800000))
              (:nan '(bits-float #x7fc00000))
              (t default)))
    (t default)))

(defun parse-type (spec)
  "The type, its symbol, and of maps the specs of key and value."
  (cond ((keywordp spec) (values spec nil))
        ((symbolp spec) (values :message spec))
        ((member (first spec) '(:enum :closed-enum)) (values (first spec) (second spec)))
        ((eq (first spec) :map) (values :map nil (second spec) (third spec)))
        (t (error "DEFINE-MESSAGE: ~S is no type" spec))))

(defun part-field (name number spec default)
  "The key or value of a map's entry."
  (multiple-value-bind (type symbol) (parse-type spec)
    (%make-field :name name :number number :type type :symbol symbol :label :implicit
                 :default (or default (type-default type)))))

(defun parse-field (message spec oneof)
  (destructuring-bind (name number type-spec
                       &key (label :implicit) packed (default nil default-p) value-default
                         (accessor (local-symbol-of message name)) doc)
      spec
    (multiple-value-bind (type symbol key value) (parse-type type-spec)
      (let* ((label (cond (oneof :member) ((eq type :map) :map) (t label)))
             (plain (or (eq label :repeated)
                        (and (eq label :implicit))
                        (and (eq type :message) (not oneof)))))
        (%make-field :name name :number number :type type :symbol symbol
                     :key (when key (part-field name 1 key nil))
                     :value (when value (part-field name 2 value value-default))
                     :label label :packed packed
                     :default (if default-p (default-form type default) (type-default type))
                     :accessor accessor
                     :slot (if plain accessor (local-symbol accessor "%~A%"))
                     :oneof oneof :doc doc)))))

(defun local-symbol-of (message name)
  (intern (format nil "~A-~A" (symbol-name message) (symbol-name name)) (symbol-package message)))

(defun parse-oneof (message spec)
  "(:ONEOF NAME (&KEY ACCESSOR CASE-ACCESSOR DOC) FIELD...)"
  (destructuring-bind (name (&key (accessor (local-symbol-of message name))
                               (case-accessor (local-symbol accessor "~A-CASE")) doc)
                       &rest members)
      (rest spec)
    (let ((oneof (make-oneof :name name :accessor accessor :case-accessor case-accessor
                             :slot (local-symbol accessor "%~A%")
                             :case-slot (local-symbol case-accessor "%~A%") :doc doc)))
      (setf (oneof-members oneof)
            (loop for member in members collect (parse-field message member oneof)))
      oneof)))

(defun parse-fields (message specs)
  "The fields in the order of their declaration, and the oneofs."
  (let ((fields '()) (oneofs '()))
    (dolist (spec specs)
      (if (eq (first spec) :oneof)
          (let ((oneof (parse-oneof message spec)))
            (push oneof oneofs)
            (dolist (member (oneof-members oneof)) (push member fields)))
          (push (parse-field message spec nil) fields)))
    (values (nreverse fields) (nreverse oneofs))))
