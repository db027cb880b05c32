;;;; ENCODE and DECODE.

(in-package #:polycall)

(declaim (inline requires-p))
(defun requires-p (type)
  "Whether a message of TYPE may contain one with required fields."
  (let ((known (message-type-requires type)))
    (if (eq known :unknown) (find-required type '()) known)))

(defun find-required (type seen)
  (let ((known (message-type-requires type)))
    (cond ((not (eq known :unknown)) known)
          ((member type seen) nil)
          (t
           (let ((answer (some (lambda (field)
                                 (or (eq (field-info-label field) :required)
                                     (let ((inner (inner-type field)))
                                       (and inner (find-required inner (cons type seen))))))
                               (message-type-fields type))))
             ;; What was seen on the way may be decided by what comes after it.
             (when (or answer (null seen)) (setf (message-type-requires type) answer))
             answer)))))

(defun inner-type (field)
  "The type of the messages that FIELD holds, or NIL."
  (case (field-info-type field)
    (:message (find-message-type (field-info-symbol field)))
    (:map (destructuring-bind (key value symbol) (field-info-symbol field)
            (declare (ignore key))
            (when (eq value :message) (find-message-type symbol))))))

(defun missing-field (message)
  "The full name of a required field that is absent in MESSAGE or in what it contains; or NIL."
  (let ((type (message-type-of message)))
    (when (requires-p type)
      (dolist (field (message-type-fields type))
        (let ((value (value-in message field)))
          (when (and (eq (field-info-label field) :required)
                     (or (eq value 'absent) (null-message-p field value)))
            (return (format nil "~A.~(~A~)" (message-type-name type) (field-info-name field))))
          (when (inner-type field)
            (let ((missing (some-missing value)))
              (when missing (return missing)))))))))

(defun some-missing (value)
  (typecase value
    (message (missing-field value))
    (simple-vector (some #'missing-field value))
    (hash-table (loop for inner being the hash-values of value thereis (missing-field inner)))))

(defun write-message (writer message &optional (type (message-type-of message)))
  "Writes MESSAGE, which is of TYPE, with WRITER."
  (let ((*writing* type))
    (when (requires-p type)
      (let ((missing (missing-field message)))
        (when missing (fail-encode "the required field ~A is absent" missing))))
    (funcall (the function (message-type-encode type)) message writer +max-depth+))
  nil)

(defun encode (message)
  "MESSAGE in the protobuf wire format, as OCTETS. ENCODE-ERROR if it holds something that its type
does not allow, a string that is not text, or is nested deeper than 100."
  (let ((writer (make-writer 256)))
    (write-message writer message)
    (writer-result writer)))

(defun read-unlocated (type input start end)
  "READ-MESSAGE, but an error does not say where it is."
  (when (> (- end start) +max-size+)
    (error 'decode-error :message-name (message-type-name type) :offset 0
                         :reason "the message is longer than 2 GiB"))
  (let ((message (funcall (the function (message-type-decode type))
                          (funcall (the function (message-type-make type)))
                          input start end +max-depth+)))
    (when (requires-p type)
      (let ((missing (missing-field message)))
        (when missing
          (fail-decode end (format nil "the required field ~A is absent" missing)))))
    message))

(defun read-message (type input start end)
  "A message of the MESSAGE-TYPE from INPUT."
  ;; Cheaper than a handler of the error, on ECL above all.
  (let ((*reading* type) (*input* input) (*input-start* start) (*input-end* end))
    (read-unlocated type input start end)))

(defun decode (type octets &key (start 0) (end (length octets)))
  "The message of TYPE (a symbol, 'CALC.V1:ADD-REQUEST) that OCTETS are from START to END.
DECODE-ERROR if they are none, with the byte and field at which that was noticed."
  (check-type octets octets)
  (assert (<= 0 start end (length octets)) (start end)
          "START ~D and END ~D do not lie within ~D octets" start end (length octets))
  (read-message (find-message-type type) octets start end))

(defun copy-message (message)
  "A message equal to MESSAGE that shares nothing with it."
  (decode (type-of message) (encode message)))

;;; Where an error is: found by reading once more, so that the decoders need not keep track.

(defun locate-error (condition)
  (let ((type *reading*) (*reading* nil))
    (setf (codec-error-message-name condition) (message-type-name type))
    (ignore-errors (locate-field condition type *input* *input-start* *input-end*))
    (setf (slot-value condition 'offset)
          (max 0 (- (decode-error-offset condition) *input-start*)))))

(defun locate-field (condition type input at end)
  "Notes the innermost field that the error's place lies in."
  (let ((place (decode-error-offset condition)))
    (loop while (< at end)
          do (multiple-value-bind (tag next) (read-tag input at end)
               (setf (decode-error-field condition) (ash tag -3)
                     (decode-error-inner-name condition) (message-type-name type))
               (let* ((field (find (ash tag -3) (message-type-fields type)
                                   :key #'field-info-number))
                      (inner (and field (eq (field-info-type field) :message)
                                  (= (logand tag 7) +bytes+)
                                  (inner-type field)))
                      (stop (skip-field input next end tag +max-depth+)))
                 (when (< at place stop)
                   (when inner
                     (locate-field condition inner input
                                   (nth-value 1 (read-length input next end)) stop))
                   (return))
                 (when (<= place at) (return))
                 (setf at stop))))))
