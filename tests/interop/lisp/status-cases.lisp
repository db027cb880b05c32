;;;; Metadata, and statuses as handlers and servers make them.

(in-package #:interop)

(defparameter *initial-key* "x-grpc-test-echo-initial")
(defparameter *trailing-key* "x-grpc-test-echo-trailing-bin")
(defparameter *initial-value* "test_initial_metadata_value")
(defparameter *trailing-value* #(#xab #xab #xab))

(defun expect-metadata (initial trailing)
  (expect-equal *initial-value* (polycall:metadata-value initial *initial-key*)
                "the initial metadata")
  (expect-equal *trailing-value* (polycall:metadata-value trailing *trailing-key*)
                "the trailing metadata"))

(define-case "custom_metadata" (run)
  (let ((metadata `((,*initial-key* . ,*initial-value*) (,*trailing-key* . ,*trailing-value*))))
    (multiple-value-bind (response info)
        (grpc.testing:test-service-unary-call
         (run-test run)
         (grpc.testing:make-simple-request :response-size 314159 :payload (new-payload 271828))
         :metadata metadata :info t)
      (declare (ignore response))
      (expect-metadata (polycall:call-info-initial-metadata info)
                       (polycall:call-info-trailing-metadata info)))
    (polycall:with-call (call (grpc.testing:test-service-full-duplex-call
                               (run-test run) :metadata metadata))
      (polycall:send call (output-request :response-size 314159 :payload-size 271828))
      (polycall:half-close call)
      (let ((initial (polycall:initial-metadata call)))
        (expect (polycall:receive call) "a response")
        (expect (null (polycall:receive call)) "one response, not more")
        (expect-metadata initial (polycall:trailing-metadata call))))))

(defun unary-echoes-status (run message)
  (expect-code (:unknown message)
    (grpc.testing:test-service-unary-call
     (run-test run)
     (grpc.testing:make-simple-request
      :response-status (grpc.testing:make-echo-status :code 2 :message message)))))

(define-case "status_code_and_message" (run)
  (let ((message "test status message"))
    (unary-echoes-status run message)
    (expect-code (:unknown message)
      (polycall:with-call (call (grpc.testing:test-service-full-duplex-call (run-test run)))
        (polycall:send call (output-request :status (grpc.testing:make-echo-status
                                                     :code 2 :message message)))
        (polycall:half-close call)
        (remaining call)))))

(define-case "special_status_message" (run)
  (unary-echoes-status
   run (format nil "~C~Ctest with whitespace~C~Cand Unicode BMP ~C and non-BMP ~C~C~C"
               #\Tab #\Newline #\Return #\Newline (code-char #x263a) (code-char #x1f608)
               #\Tab #\Newline)))

(define-case "unimplemented_method" (run)
  (expect-code (:unimplemented)
    (grpc.testing:test-service-unimplemented-call (run-test run) (empty)))
  (call-empty run))

(define-case "unimplemented_service" (run)
  (expect-code (:unimplemented)
    (grpc.testing:unimplemented-service-unimplemented-call
     (grpc.testing:make-unimplemented-service-client (run-channel run)) (empty)))
  (call-empty run))
