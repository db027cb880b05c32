;;;; Everything that is generated from the hazard protos is loaded and run: every message goes there and
;;;; back with its fields set, and calls are made to services with hazardous names.

(load (merge-pathnames "../../../bindings/lisp/tests/testing.lisp" *load-truename*))

(in-package #:polycall-tests)

(defparameter *generated* (concatenate 'string (uiop:getenv "GENERATED") "/"))

(dolist (file (directory (concatenate 'string *generated* "**/*.polycall.lisp")))
  (polycall:load-generated file))

(defun hazard-types ()
  "Every message type of the hazards."
  (let ((types '()))
    (dolist (package (list-all-packages) types)
      (when (or (search "HAZARDS" (package-name package))
                (string= "PROTO-USER" (package-name package)))
        (do-symbols (symbol package)
          (let ((type (get symbol 'polycall::message-type)))
            (when type (pushnew type types))))))))

(defun sample (type symbol depth)
  "A value that is not the default."
  (case type
    (:bool t) (:string "ü*") (:bytes (polycall:octets-of #(0 255 1)))
    (:float 1.5f0) (:double -2.5d0)
    (:enum (first (or (find 0 (get symbol 'polycall::enum-values) :key #'second :test #'/=)
                      (first (get symbol 'polycall::enum-values)))))
    (:message (fill-message (polycall::find-message-type symbol) (1- depth)))
    ((:int32 :int64 :sint32 :sint64 :sfixed32 :sfixed64) -77)
    (t 78)))

(defun fill-message (type depth)
  "A message with all its fields set; of a oneof, one member; submessages down to DEPTH."
  (let ((arguments '()) (oneof-done nil))
    (dolist (field (polycall::message-type-fields type))
      (let ((kind (polycall::field-info-type field)) (symbol (polycall::field-info-symbol field)))
        (flet ((give (value)
                 (setf arguments (list* (polycall::field-info-name field) value arguments))))
          (cond ((and (<= depth 0) (or (eq kind :message) (eq kind :map))))
                ((eq kind :map)
                 (destructuring-bind (key value value-symbol) symbol
                   (give (list (cons (sample key nil depth) (sample value value-symbol depth))))))
                ((eq (polycall::field-info-label field) :repeated)
                 (give (list (sample kind symbol depth) (sample kind symbol depth))))
                ((eq (polycall::field-info-label field) :member)
                 (unless oneof-done
                   (setf oneof-done t)
                   (give (sample kind symbol depth))))
                (t (give (sample kind symbol depth)))))))
    (apply (constructor type) arguments)))

(defun constructor (type)
  (let ((symbol (polycall::message-type-symbol type)))
    (find-symbol (format nil "MAKE-~A" (symbol-name symbol)) (symbol-package symbol))))

(define-test "every message comes back as it went"
  (let ((count 0))
    (dolist (type (hazard-types))
      (dolist (depth '(0 2))
        (let* ((required (search "Required" (polycall::message-type-name type)))
               (message (fill-message type (if required 1 depth)))
               (back (polycall:decode (type-of message) (polycall:encode message))))
          (unless (polycall:message= message back)
            (complain "~A is ~A after it came back" message back))
          (incf count))))
    (expect (> count 80))))

(define-test "300 fields are told apart"
  (let* ((message (fill-message (polycall::find-message-type
                                 (find-symbol "WIDE" "HAZARDS.WIDE"))
                                1)))
    (expect-equal 300 (length (polycall::message-type-fields
                               (polycall::message-type-of message))))))

(defclass keywords (hazards.import.package.def.lambda.nil:keywords-service) ())

(defmethod hazards.import.package.def.lambda.nil:lambda ((service keywords) request context)
  request)
(defmethod hazards.import.package.def.lambda.nil:nil ((service keywords) request context)
  request)

(define-test "methods that are named LAMBDA and NIL can be called"
  (polycall:with-server (server :services (list (make-instance 'keywords)) :listen "inproc:words")
    (polycall:with-channel (channel "inproc:words")
      (let ((client (hazards.import.package.def.lambda.nil:make-keywords-client channel))
            (request (hazards.import.package.def.lambda.nil:make-request :value 5)))
        (expect (polycall:message=
                 request
                 (hazards.import.package.def.lambda.nil:keywords-lambda client request)))
        (expect (polycall:message=
                 request
                 (hazards.import.package.def.lambda.nil:keywords-nil client request)))))))

(defclass streaming (hazards.streaming:streaming-service) ())

(defmethod hazards.streaming:unary ((service streaming) request context) request)
(defmethod hazards.streaming:down ((service streaming) request context)
  (dotimes (i (hazards.streaming:item-number request))
    (polycall:send context (hazards.streaming:make-item :number i))))
(defmethod hazards.streaming:up ((service streaming) requests context)
  (let ((sum 0) (items 0))
    (polycall:do-requests (item requests)
      (incf items)
      (incf sum (hazards.streaming:item-number item)))
    (hazards.streaming:make-count :items items :sum sum)))
(defmethod hazards.streaming:both ((service streaming) requests context)
  (polycall:do-requests (item requests) (polycall:send context item)))

(define-test "calls of every kind are made with every option"
  (polycall:with-server (server :services (list (make-instance 'streaming)) :listen "inproc:kinds")
    (polycall:with-channel (channel "inproc:kinds")
      (let ((client (hazards.streaming:make-streaming-client channel))
            (items (loop for i below 3 collect (hazards.streaming:make-item :number i))))
        (expect (polycall:message= (first items)
                                   (hazards.streaming:streaming-unary client (first items))))
        (let ((numbers '()))
          (polycall:do-responses (item (hazards.streaming:streaming-down
                                        client (hazards.streaming:make-item :number 3)))
            (push (hazards.streaming:item-number item) numbers))
          (expect-equal '(2 1 0) numbers))
        (expect-equal 3 (hazards.streaming:count-sum
                         (hazards.streaming:streaming-up client items)))
        (polycall:with-call (call (hazards.streaming:streaming-both client))
          (polycall:send call (third items) :half-close t)
          (expect-equal 2 (hazards.streaming:item-number (polycall:receive call)))
          (expect (null (polycall:receive call))))))))

(run-tests)
