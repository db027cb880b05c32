;;;; The encoder that DEFINE-MESSAGE compiles for a message: from the last field to the first.

(in-package #:polycall)

(defmacro put-scalar (type symbol writer value)
  (ecase type
    ((:int32 :int64) `(put-varint ,writer (unsigned-64 ,value)))
    ((:uint32 :uint64) `(put-varint ,writer ,value))
    ((:sint32) `(put-varint ,writer (zigzag-32 ,value)))
    ((:sint64) `(put-varint ,writer (zigzag-64 ,value)))
    ((:bool) `(put-byte ,writer (if ,value 1 0)))
    ((:enum :closed-enum) `(put-varint ,writer (unsigned-64 (the (signed-byte 32)
                                                      (,(enum-number-function symbol) ,value)))))
    ((:fixed32) `(put-fixed32 ,writer ,value))
    ((:sfixed32) `(put-fixed32 ,writer (unsigned-32 ,value)))
    ((:float) `(put-fixed32 ,writer (float-bits ,value)))
    ((:fixed64) `(put-fixed64 ,writer ,value))
    ((:sfixed64) `(put-fixed64 ,writer (unsigned-64 ,value)))
    ((:double) `(put-fixed64 ,writer (double-bits ,value)))
    ((:string :loose-string) `(put-string ,writer ,value))
    ((:bytes) `(put-bytes ,writer ,value))
    ((:message) `(put-message ,(encoder-function symbol) ,writer ,value depth))))

(defmacro put-message (encoder writer value depth)
  "A submessage and its length."
  `(let ((stop (- (length (writer-octets ,writer)) (writer-at ,writer))))
     (declare (type index stop))
     (,encoder ,value ,writer (the fixnum (1- ,depth)))
     (put-varint ,writer (the index (- (length (writer-octets ,writer)) (writer-at ,writer)
                                       stop)))))

(defun encoder-function (symbol) (local-symbol symbol "%ENCODE-~A"))

(defun checked (type value)
  "A form that is VALUE, of a type that the slot does not promise."
  (let ((lisp-type (lisp-type type)))
    (if (member type '(:string :loose-string :bytes :message :enum :closed-enum :bool))
        value
        `(checked-number ,value ,lisp-type))))

(defmacro checked-number (value type)
  `(let ((value ,value))
     (if (typep value ',type) (the ,type value) (fail-encode "~S is not of type ~S" value ',type))))

(defun present-test (field value)
  "Whether an implicit field is to be written."
  (ecase (field-type field)
    ((:string :bytes :loose-string) `(plusp (length ,value)))
    (:bool value)
    (:float `(/= 0 (float-bits ,value)))
    (:double `(/= 0 (double-bits ,value)))
    ((:enum :closed-enum) `(and (not (eq ,value ,(field-default field))) (not (eql ,value 0))))
    (:message value)
    ((:int32 :int64 :sint32 :sint64 :sfixed32 :sfixed64) `(nonzero-p ,value t))
    ((:uint32 :uint64 :fixed32 :fixed64) `(nonzero-p ,value nil))))

(defun put-value-form (field value &optional (trusted t))
  "Tag and value."
  (let ((type (field-type field)))
    `(progn
       (put-scalar ,type ,(field-symbol field) writer ,(if trusted value (checked type value)))
       (put-tag writer ,(field-tag field)))))

(defun put-field-form (field)
  (let ((slot `(,(field-slot field) message)) (type (field-type field)))
    (ecase (field-label field)
      (:implicit `(let ((value ,slot)) (when ,(present-test field 'value)
                                         ,(put-value-form field 'value))))
      ((:optional :required)
       `(let ((value ,slot))
          ,(if (eq type :message)
               `(when value ,(put-value-form field 'value))
               `(unless (eq value 'absent) ,(put-value-form field 'value nil)))))
      (:repeated (put-repeated-form field slot))
      (:map (put-map-form field slot))
      (:member nil))))

(defun put-repeated-form (field slot)
  (let* ((type (field-type field)) (trusted (not (eq (element-type type) t))))
    `(let ((values ,slot))
       (when (plusp (length values))
         ,(if (field-packed field)
              `(let ((stop (- (length (writer-octets writer)) (writer-at writer))))
                 (declare (type index stop))
                 (loop for i of-type fixnum from (1- (length values)) downto 0
                       do (let ((value (aref values i)))
                            (put-scalar ,type ,(field-symbol field) writer
                                        ,(if trusted 'value (checked type 'value)))))
                 (put-varint writer (the index (- (length (writer-octets writer))
                                                  (writer-at writer) stop)))
                 (put-tag writer ,(field-tag field +bytes+)))
              `(loop for i of-type fixnum from (1- (length values)) downto 0
                     do (let ((value (aref values i)))
                          ,(put-value-form field 'value trusted))))))))

(defun put-map-form (field slot)
  (let ((key (field-key field)) (value (field-value field)))
    `(let ((table ,slot))
       (when table
         (loop for key being the hash-keys of (the hash-table table) using (hash-value value)
               do (let ((stop (- (length (writer-octets writer)) (writer-at writer)))
                        (depth (the fixnum (1- depth))))
                    (declare (type index stop) (type fixnum depth) (ignorable depth))
                    ,(put-value-form value 'value nil)
                    ,(put-value-form key 'key nil)
                    (put-varint writer (the index (- (length (writer-octets writer))
                                                     (writer-at writer) stop)))
                    (put-tag writer ,(logior (ash (field-number field) 3) +bytes+))))))))

(defun put-oneof-form (oneof)
  `(let ((value (,(oneof-slot oneof) message)))
     (case (,(oneof-case-slot oneof) message)
       ,@(loop for member in (oneof-members oneof)
               collect `(,(field-keyword member) ,(put-value-form member 'value nil))))))

(defun encoder-forms (message fields oneofs full-name)
  "The function (MESSAGE WRITER DEPTH) that writes the fields of MESSAGE before what was written."
  (let ((parts (append (loop for field in fields
                             unless (eq (field-label field) :member)
                               collect (cons (field-number field) (put-field-form field)))
                       (loop for oneof in oneofs
                             collect (cons (reduce #'min (oneof-members oneof) :key #'field-number)
                                           (put-oneof-form oneof))))))
    `((define-fast ,(encoder-function message) (message writer depth)
        (declare (type writer writer) (type fixnum depth))
        (unless (typep message ',message)
          (fail-encode "~A is not a ~A" (type-of message) ,full-name))
        (when (< depth 0)
          (fail-encode "messages are nested deeper than 100"))
        (let ((message message))
          (declare (type ,message message))
          (let ((unknown (message-unknown message)))
            (when unknown (put-raw writer unknown)))
          ,@(mapcar #'cdr (sort parts #'> :key #'car))
          nil)))))
