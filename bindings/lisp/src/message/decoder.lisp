;;;; The decoder that DEFINE-MESSAGE compiles for a message, and what all decoders share.
;;;;
;;;; A field that is a message and comes twice is to be merged. So that a hostile input cannot make
;;;; that quadratic, the second and further occurrences are put together first and read once.

(in-package #:polycall)

(defmacro read-scalar (type symbol input at end)
  "Two values: a scalar of TYPE, and the place after it."
  (flet ((as (reader convert)
           `(multiple-value-bind (bits next) (,reader ,input ,at ,end)
              (declare (type u64 bits) (type index next))
              (values ,convert next))))
    (ecase type
      ((:int32) (as 'read-varint '(signed-32 bits)))
      ((:int64) (as 'read-varint '(signed-64 bits)))
      ((:uint32) (as 'read-varint '(low-32 bits)))
      ((:uint64) (as 'read-varint 'bits))
      ((:sint32) (as 'read-varint '(zigzag-decode-32 bits)))
      ((:sint64) (as 'read-varint '(zigzag-decode-64 bits)))
      ((:bool) (as 'read-varint '(/= bits 0)))
      ((:enum :closed-enum) (as 'read-varint `(,(enum-keyword-function symbol) (signed-32 bits))))
      ((:fixed32) (as 'read-fixed32 'bits))
      ((:sfixed32) (as 'read-fixed32 '(signed-32 bits)))
      ((:float) (as 'read-fixed32 '(bits-float (low-32 bits))))
      ((:fixed64) (as 'read-fixed64 'bits))
      ((:sfixed64) (as 'read-fixed64 '(signed-64 bits)))
      ((:double) (as 'read-fixed64 '(bits-double bits)))
      ((:string) `(read-string ,input ,at ,end))
      ((:loose-string) `(read-loose-string ,input ,at ,end))
      ((:bytes) `(read-bytes ,input ,at ,end)))))

;;; Packed numbers, and the gathering of what the occurrences of a repeated field gave.

(defmacro define-repeated (type element-type)
  (let ((packed (intern (format nil "READ-PACKED-~A" type) '#:polycall))
        (gather (intern (format nil "GATHER-~A" type) '#:polycall))
        (size (case (wire-type type) (1 8) (5 4))))
    `(progn
       ,(if size
            `(define-fast ,packed (input at end)
               (declare (type octets input) (type index at end))
               (multiple-value-bind (count rest) (floor (the index (- end at)) ,size)
                 (declare (type index count))
                 (unless (zerop rest) (fail-decode at "packed numbers end within a number"))
                 (let ((numbers (make-array count :element-type ',element-type)))
                   (dotimes (i count numbers)
                     (multiple-value-bind (value next) (read-scalar ,type nil input at end)
                       (setf (aref numbers i) value
                             at next))))))
            `(define-fast ,packed (input at end)
               (declare (type octets input) (type index at end))
               (let ((numbers (make-array (count-varints input at end)
                                          :element-type ',element-type))
                     (i 0))
                 (declare (type index i))
                 (loop
                   (when (>= at end) (return numbers))
                   (multiple-value-bind (value next) (read-scalar ,type nil input at end)
                     (setf (aref numbers i) value
                           at next)
                     (incf i))))))
       ,(unless (eq element-type t)
          `(defun ,gather (existing parts)
             (declare (type (simple-array ,element-type (*)) existing) (type list parts))
             (if (and (null (rest parts)) (vectorp (first parts)) (zerop (length existing)))
                 (first parts)
                 (let* ((size (loop for part in parts
                                    sum (if (vectorp part) (length part) 1) of-type index))
                        (at (+ size (length existing)))
                        (result (make-array at :element-type ',element-type)))
                   (declare (type index at size))
                   (dolist (part parts)
                     (cond ((vectorp part)
                            (decf at (length (the (simple-array ,element-type (*)) part)))
                            (replace result (the (simple-array ,element-type (*)) part)
                                     :start1 at))
                           (t (setf (aref result (decf at)) part))))
                   (replace result existing))))))))

(define-fast count-varints (input at end)
  (declare (type octets input) (type index at end))
  (let ((count 0))
    (declare (type index count))
    (loop for i of-type index from at below end
          do (when (< (aref input i) 128) (incf count)))
    (when (>= (aref input (1- end)) 128)
      (fail-decode at "the input ends within the field"))
    count))

(define-repeated :double double-float)
(define-repeated :float single-float)
(define-repeated :int64 (signed-byte 64))
(define-repeated :uint64 (unsigned-byte 64))
(define-repeated :int32 (signed-byte 32))
(define-repeated :fixed64 (unsigned-byte 64))
(define-repeated :fixed32 (unsigned-byte 32))
(define-repeated :bool t)
(define-repeated :uint32 (unsigned-byte 32))
(define-repeated :sfixed32 (signed-byte 32))
(define-repeated :sfixed64 (signed-byte 64))
(define-repeated :sint32 (signed-byte 32))
(define-repeated :sint64 (signed-byte 64))

(defun read-packed-enum (input at end keyword-of)
  (let ((numbers (read-packed-int32 input at end)))
    (map 'simple-vector keyword-of numbers)))

(defun unknown-number (field-number bits)
  "An unknown field with an enum's number, as it came."
  (let ((writer (make-writer 32)))
    (put-varint writer bits)
    (put-tag writer (ash field-number 3))
    (writer-result writer)))

(define-fast gather-objects (existing parts packed)
  "The elements of EXISTING and of PARTS, a list in reverse. PACKED: some parts are vectors of them."
  (declare (type simple-vector existing) (type list parts))
  (let ((size (length existing)))
    (declare (type index size))
    (if packed
        (dolist (part parts)
          (incf size (if (simple-vector-p part) (length (the simple-vector part)) 1)))
        (incf size (the index (length parts))))
    (let ((result (make-array size)))
      (dolist (part parts)
        (cond ((and packed (simple-vector-p part))
               (decf size (length (the simple-vector part)))
               (replace result (the simple-vector part) :start1 size))
              (t (decf size)
                 (setf (svref result size) part))))
      (replace result existing))))

(defun gather-ranges (ranges input &optional existing)
  "The bytes of EXISTING and of RANGES, a list in reverse of octets and of (START . END) in INPUT."
  (let* ((size (+ (length existing)
                  (loop for range in ranges
                        sum (if (consp range) (- (cdr range) (car range)) (length range)))))
         (result (make-octets size)))
    (dolist (range ranges)
      (destructuring-bind (bytes start . end)
          (if (consp range) (cons input range) (list* range 0 (length range)))
        (decf size (- end start))
        (replace result bytes :start1 size :start2 start :end2 end)))
    (when existing (replace result existing))
    result))

(define-fast check-fields (input at end depth)
  "Fails unless the bytes are whole fields."
  (declare (type octets input) (type index at end) (type (integer 0 100) depth))
  (loop
    (when (>= at end) (return))
    (multiple-value-bind (tag next) (read-tag input at end)
      (setf at (skip-field input next end tag depth)))))

(defun gather-messages (ranges input depth)
  "The occurrences of one message as one. Each is to be whole fields by itself: what one of them lacks,
the next one must not add."
  (loop for (start . end) in ranges do (check-fields input start end depth))
  (gather-ranges ranges input))

;;; The code of one field.

(defun decoder-function (symbol) (local-symbol symbol "%DECODE-~A"))
(defun raw-constructor (symbol) (local-symbol symbol "%MAKE-~A"))

(defstruct (decoding (:conc-name d-))
  "What is known while the decoder of FIELD is written: the variable that gathers its occurrences."
  field variable)

(defun set-form (field value)
  "Stores VALUE in a field that is not repeated."
  (let ((oneof (field-oneof field)))
    (if oneof
        `(setf (,(oneof-case-slot oneof) message) ,(field-keyword field)
               (,(oneof-slot oneof) message) ,value)
        `(setf (,(field-slot field) message) ,value))))

(defun submessage-form (field new-p)
  "Reads a message from AT to STOP, into a new one or the one that is there."
  (let ((symbol (field-symbol field)))
    `(,(decoder-function symbol)
      ,(cond (new-p `(,(raw-constructor symbol)))
             ((field-oneof field) `(,(oneof-slot (field-oneof field)) message))
             (t `(,(field-slot field) message)))
      input at stop (the (integer 0 99) (1- depth)))))

(defun with-length (&rest body)
  `(multiple-value-bind (length next) (read-length input at end)
     (declare (type index length next))
     (setf at next)
     (let ((stop (+ at length)))
       (declare (type index stop))
       ,@body
       (setf at stop))))

(defun message-clause (decoding)
  (let* ((field (d-field decoding)) (variable (d-variable decoding)) (oneof (field-oneof field)))
    (with-length
     '(when (<= depth 0) (fail-decode at "messages are nested deeper than 100"))
     (ecase (field-label field)
       (:repeated `(push ,(submessage-form field t) ,variable))
       (:member
        `(if (eq (,(oneof-case-slot oneof) message) ,(field-keyword field))
             (push (cons at stop) ,variable)
             (let ((value ,(submessage-form field t)))
               (setf ,variable nil)
               ,(set-form field 'value))))
       ((:implicit :optional :required)
        `(if (,(field-slot field) message)
             (push (cons at stop) ,variable)
             ,(set-form field (submessage-form field t))))))))

(defun map-clause (decoding)
  (let ((field (d-field decoding)))
    (with-length
     '(when (<= depth 0) (fail-decode at "messages are nested deeper than 100"))
     `(,@(if (eq (field-type (field-value field)) :closed-enum)
             '(keep-unless start stop)
             '(progn))
       (,(map-decoder field)
       (or (,(field-slot field) message)
           (setf (,(field-slot field) message) (empty-table ,(plain-type (field-type (field-key field))))))
       input at stop (the (integer 0 99) (1- depth)))))))

(defmacro keep-unless (start stop form)
  "An entry that FORM did not take is an unknown field, of the decoder around."
  `(unless ,form (push (cons ,start ,stop) unknown)))

(defun map-decoder (field) (local-symbol (field-accessor field) "%DECODE-ENTRY/~A"))

(defun scalar-form (field variable)
  (let ((store (if (eq (field-label field) :repeated)
                   `(push value ,variable)
                   (set-form field 'value))))
    `(multiple-value-bind (value next)
         (read-scalar ,(field-type field) ,(field-symbol field) input at end)
       (declare (type index next))
       ,(if (eq (field-type field) :closed-enum)
            `(if (integerp value) (push (cons start next) unknown) ,store)
            store)
       (setf at next))))

(defun packed-closed-enum-form (field variable)
  `(let ((at at))
     (declare (type index at))
     (loop
       (when (>= at stop) (return))
       (multiple-value-bind (bits next) (read-varint input at stop)
         (declare (type u64 bits) (type index next))
         (let ((value (,(enum-keyword-function (field-symbol field)) (signed-32 bits))))
           (if (integerp value)
               (push (unknown-number ,(field-number field) bits) unknown)
               (push value ,variable)))
         (setf at next)))))

(defun packed-form (field variable)
  (with-length
   `(when (< at stop)
      ,(case (field-type field)
         (:closed-enum (packed-closed-enum-form field variable))
         (:enum
          `(push (read-packed-enum input at stop
                                   #',(enum-keyword-function (field-symbol field)))
                 ,variable))
         (t `(push (,(intern (format nil "READ-PACKED-~A" (field-type field)) '#:polycall)
                    input at stop)
                   ,variable))))))

(defun field-clause (decoding)
  "Handles the field if the wire type fits."
  (let* ((field (d-field decoding)) (variable (d-variable decoding)) (type (field-type field)))
    (case type
      (:message `(when (= wire ,+bytes+) ,(message-clause decoding) (return-from field)))
      (:map `(when (= wire ,+bytes+) ,(map-clause decoding) (return-from field)))
      (t
       `(progn
          (when (= wire ,(wire-type type))
            ,(scalar-form field variable)
            (return-from field))
          ,@(when (and (eq (field-label field) :repeated) (packable-p type))
              `((when (= wire ,+bytes+)
                  ,(packed-form field variable)
                  (return-from field)))))))))

(defun dispatch-form (decodings)
  "A tree of comparisons down to the field of that number. DECODINGS are in the order of numbers."
  (let ((count (length decodings)))
    (if (<= count 3)
        `(cond ,@(loop for decoding in decodings
                       collect `((= number ,(field-number (d-field decoding)))
                                 ,(field-clause decoding))))
        (let ((half (floor count 2)))
          `(if (< number ,(field-number (d-field (nth half decodings))))
               ,(dispatch-form (subseq decodings 0 half))
               ,(dispatch-form (subseq decodings half)))))))

(defun finish-form (decoding)
  "Puts what was gathered where it belongs."
  (let* ((field (d-field decoding)) (variable (d-variable decoding)) (type (field-type field)))
    (cond ((null variable) nil)
          ((eq (field-label field) :repeated)
           `(when ,variable
              (setf (,(field-slot field) message)
                    ,(if (eq (element-type type) t)
                         `(gather-objects (,(field-slot field) message) ,variable
                                          ,(and (packable-p type) t))
                         `(,(intern (format nil "GATHER-~A" type) '#:polycall)
                           (,(field-slot field) message) ,variable)))))
          (t
           `(when ,(if (field-oneof field)
                       `(and ,variable (eq (,(oneof-case-slot (field-oneof field)) message)
                                           ,(field-keyword field)))
                       variable)
              (let* ((input (gather-messages ,variable input depth)) (at 0) (stop (length input)))
                (declare (type octets input) (type index at stop))
                ,(submessage-form field nil)))))))

(defun gathers-p (field)
  (or (eq (field-label field) :repeated) (eq (field-type field) :message)))

(defun decoder-forms (message fields)
  "The function (MESSAGE INPUT AT END DEPTH) that reads fields into MESSAGE and answers it."
  (let ((decodings (loop for field in (sort (copy-list fields) #'< :key #'field-number)
                         collect (make-decoding :field field
                                                :variable (when (gathers-p field)
                                                            (gensym "GATHERED"))))))
    `(,@(loop for field in fields
              when (eq (field-type field) :map) collect (map-decoder-form field))
      (define-fast ,(decoder-function message) (message input at end depth)
        (declare (type ,message message) (type octets input) (type index at end)
                 (type (integer 0 100) depth))
        (let (,@(remove nil (mapcar #'d-variable decodings)) (unknown nil))
          (declare (type list unknown ,@(remove nil (mapcar #'d-variable decodings))))
          (loop
            (when (>= at end) (return))
            (let ((start at) (tag 0))
              (declare (type index start) (type (unsigned-byte 32) tag))
              (multiple-value-setq (tag at) (read-tag input at end))
              (let ((number (field-number-of tag)) (wire (logand tag 7)))
                (declare (type (unsigned-byte 29) number) (type (unsigned-byte 3) wire)
                         (ignorable number wire))
                (block field
                  ,(dispatch-form decodings)
                  (setf at (skip-field input at end tag depth))
                  (push (cons start at) unknown)))))
          ,@(remove nil (mapcar #'finish-form decodings))
          (when unknown
            (setf (message-unknown message)
                  (gather-ranges unknown input (message-unknown message))))
          message)))))

(defun map-decoder-form (field)
  "The function (TABLE INPUT AT END DEPTH) that puts one entry into the table. NIL: it did not, because a
closed enum has no such value."
  (let* ((key (field-key field)) (value (field-value field))
         (message-p (eq (field-type value) :message)))
    `(define-fast ,(map-decoder field) (table input at end depth)
       (declare (type octets input) (type index at end) (type (integer 0 100) depth))
       (let ((key ,(field-default key))
             (value ,(if message-p nil (field-default value))))
         (loop
           (when (>= at end) (return))
           (let ((tag 0))
             (declare (type (unsigned-byte 32) tag))
             (multiple-value-setq (tag at) (read-tag input at end))
             (cond ((= tag ,(field-tag key))
                    (multiple-value-setq (key at)
                      (read-scalar ,(field-type key) nil input at end)))
                   ((= tag ,(field-tag value))
                    ,(if message-p
                         (with-length
                          '(when (<= depth 0)
                            (fail-decode at "messages are nested deeper than 100"))
                          '(push (cons at stop) value))
                         `(multiple-value-setq (value at)
                            (read-scalar ,(field-type value) ,(field-symbol value)
                                         input at end))))
                   (t (setf at (skip-field input at end tag depth))))))
         ,(let ((store `(progn (setf (gethash key (the hash-table table))
                                     ,(if message-p (map-value-form value) 'value))
                               t)))
            (if (eq (field-type value) :closed-enum)
                `(unless (integerp value) ,store)
                store))))))

(defun map-value-form (value)
  (let ((symbol (field-symbol value)))
    `(let ((made (,(raw-constructor symbol))))
       (cond ((null value) made)
             ((null (rest value))
              (,(decoder-function symbol) made input (car (first value)) (cdr (first value))
               (1- depth)))
             (t (let ((all (gather-messages value input depth)))
                  (,(decoder-function symbol) made all 0 (length all) (1- depth))))))))
