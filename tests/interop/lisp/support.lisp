;;;; What the cases of the Common Lisp client share.

(in-package #:interop)

(defparameter +died+ 42)

(define-condition case-failed (error)
  ((reason :initarg :reason :reader reason))
  (:report (lambda (condition stream) (write-string (reason condition) stream)))
  (:documentation "Why a case fails."))

(defstruct (run (:constructor %make-run))
  "One run of one case."
  target token channel test own)

(defun make-run (target token channel)
  (%make-run :target target :token token :channel channel
             :test (grpc.testing:make-test-service-client channel)
             :own (polycall.testing:make-poly-call-test-service-client channel)))

(defun new-key (run name)
  "A key for the server's counters that belongs to this run and NAME alone."
  (format nil "~A/~A" name (run-token run)))

(defun failed (format &rest arguments)
  (error 'case-failed :reason (apply #'format nil format arguments)))

(defun expect (condition what)
  (unless condition (failed "expected ~A" what)))

(defun expect-equal (expected actual what)
  (unless (equalp expected actual)
    (failed "expected ~S from ~A, found ~S" expected what actual)))

(defmacro expect-code ((code &optional message) &body body)
  "BODY is to end with the status CODE."
  `(let ((error (handler-case (progn ,@body nil)
                  (polycall:status-error (error) error))))
     (cond ((null error) (failed "expected ~A, found OK" ,code))
           ((not (eq (polycall:status-code error) ,code))
            (failed "expected ~A, found ~A" ,code error)))
     ,@(when message
         `((expect-equal ,message (polycall:status-message error) "the status's message")))
     error))

(defun zeros (size)
  (make-array size :element-type '(unsigned-byte 8) :initial-element 0))

(defun new-payload (size)
  (grpc.testing:make-payload :body (zeros size)))

(defun empty () (grpc.testing:make-empty))

(defun output-request (&key response-size payload-size status)
  (let ((request (grpc.testing:make-streaming-output-call-request)))
    (when response-size
      (setf (grpc.testing:streaming-output-call-request-response-parameters request)
            (vector (grpc.testing:make-response-parameters :size response-size))))
    (when payload-size
      (setf (grpc.testing:streaming-output-call-request-payload request)
            (new-payload payload-size)))
    (when status
      (setf (grpc.testing:streaming-output-call-request-response-status request) status))
    request))

(defun body-of (response)
  (grpc.testing:payload-body (grpc.testing:streaming-output-call-response-payload response)))

(defun remaining (call)
  "The messages that are still to come, a list."
  (let ((messages '()))
    (polycall:do-responses (message call (nreverse messages)) (push message messages))))

(defun call-large-unary (client)
  "UnaryCall with large_unary's sizes; checks the answer."
  (let* ((response (grpc.testing:test-service-unary-call
                    client (grpc.testing:make-simple-request :response-size 314159
                                                             :payload (new-payload 271828))))
         (body (grpc.testing:payload-body (grpc.testing:simple-response-payload response))))
    (expect-equal 314159 (length body) "the response's body")
    (expect (every #'zerop body) "a body of zeros")))

(defun call-empty (run)
  "The server still answers."
  (let ((reply (grpc.testing:test-service-empty-call (run-test run) (empty))))
    (expect (polycall:message= (empty) reply) "an empty answer")))

(defun get-counters (run key)
  (polycall.testing:poly-call-test-service-get-counters
   (run-own run) (polycall.testing:make-counters-request :key key)))

(defun wait-for-counter (run key counter wanted)
  "Asks for the counters until one is as wanted; fails after 10 s."
  (let ((found nil))
    (loop repeat 1000
          do (setf found (funcall counter (get-counters run key)))
             (when (= found wanted) (return-from wait-for-counter))
             (sleep 0.01))
    (failed "~A of ~A is ~D after 10 s, expected ~D" counter key found wanted)))

(defun end-process (code)
  "Ends the process at once."
  (cffi:foreign-funcall "_exit" :int code :void))

;;; Cases by name, as ../runner/cases.py has them.

(defvar *cases* (make-hash-table :test 'equal))

(defmacro define-case (name (run) &body body)
  "NAME: \"empty_unary\"."
  `(setf (gethash ,name *cases*) (lambda (,run) (declare (ignorable ,run)) ,@body)))
