;;;; The three streaming kinds.

(in-package #:interop)

(defparameter *request-sizes* '(27182 8 1828 45904))
(defparameter *response-sizes* '(31415 9 2653 58979))

(define-case "client_streaming" (run)
  (polycall:with-call (call (grpc.testing:test-service-streaming-input-call-stream (run-test run)))
    (dolist (size *request-sizes*)
      (polycall:send call (grpc.testing:make-streaming-input-call-request
                           :payload (new-payload size))))
    (let ((response (polycall:finish call)))
      (expect-equal 74922
                    (grpc.testing:streaming-input-call-response-aggregated-payload-size response)
                    "aggregated_payload_size"))))

(define-case "server_streaming" (run)
  (let ((request (grpc.testing:make-streaming-output-call-request
                  :response-parameters
                  (loop for size in *response-sizes*
                        collect (grpc.testing:make-response-parameters :size size))))
        (sizes '()))
    (polycall:do-responses (response (grpc.testing:test-service-streaming-output-call
                                      (run-test run) request))
      (push (length (body-of response)) sizes))
    (expect-equal *response-sizes* (reverse sizes) "the bodies")))

(define-case "ping_pong" (run)
  (polycall:with-call (call (grpc.testing:test-service-full-duplex-call (run-test run)))
    (loop for request-size in *request-sizes*
          for response-size in *response-sizes*
          do (polycall:send call (output-request :response-size response-size
                                                 :payload-size request-size))
             (let ((response (polycall:receive call)))
               (expect response "a response")
               (expect-equal response-size (length (body-of response)) "the body")))
    (polycall:half-close call)
    (expect-equal '() (remaining call) "the responses after half-close")))

(define-case "empty_stream" (run)
  (polycall:with-call (call (grpc.testing:test-service-full-duplex-call (run-test run)))
    (polycall:half-close call)
    (expect-equal '() (remaining call) "the responses")))
