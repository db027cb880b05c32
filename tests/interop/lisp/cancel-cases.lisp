;;;; Calls that end early, here and at the servers that they travel on to.

(in-package #:interop)

(define-case "cancel_after_begin" (run)
  (expect-code (:cancelled)
    (polycall:with-call (call (grpc.testing:test-service-streaming-input-call-stream
                               (run-test run)))
      (polycall:cancel call)
      (polycall:finish call)))
  (call-empty run))

(define-case "cancel_after_first_response" (run)
  (expect-code (:cancelled)
    (polycall:with-call (call (grpc.testing:test-service-full-duplex-call (run-test run)))
      (polycall:send call (output-request :response-size 31415 :payload-size 27182))
      (expect (polycall:receive call) "a response")
      (polycall:cancel call)
      (remaining call)))
  (call-empty run))

(define-case "timeout_on_sleeping_server" (run)
  (expect-code (:deadline-exceeded)
    (polycall:with-call (call (grpc.testing:test-service-full-duplex-call (run-test run)
                                                                          :timeout 0.001))
      (polycall:send call (output-request :payload-size 27182))
      (remaining call)))
  (call-empty run))

(defun one-hop (run key)
  (polycall.testing:make-hop-request :key key :hops 1 :target (run-target run)))

(define-case "deadline_propagation" (run)
  (let* ((request (one-hop run (new-key run "time_left")))
         (left (polycall.testing:poly-call-test-service-get-time-left (run-own run) request
                                                                      :timeout 30))
         (microseconds (polycall.testing:time-left-time-left-us left)))
    (expect (polycall.testing:time-left-has-deadline left) "a deadline at the second server")
    (expect (plusp microseconds) "time left at the second server")
    ;; gRPC rounds up what is left of the 30 s.
    (expect (<= microseconds 31000000) "no more time left than the call began with")
    (let ((left (polycall.testing:poly-call-test-service-get-time-left (run-own run) request)))
      (expect (not (polycall.testing:time-left-has-deadline left))
              "no deadline at the second server")))
  (let ((key (new-key run "deadline_propagation")))
    (expect-code (:deadline-exceeded)
      (polycall.testing:poly-call-test-service-wait-for-cancel (run-own run) (one-hop run key)
                                                               :timeout 0.3))
    (wait-for-counter run key 'polycall.testing:counters-cancelled 1)))

(define-case "cancel_propagation" (run)
  (let* ((key (new-key run "cancel_propagation"))
         (future (polycall.testing:poly-call-test-service-wait-for-cancel-future
                  (run-own run) (one-hop run key))))
    (wait-for-counter run key 'polycall.testing:counters-started 1)
    (polycall:future-cancel future)
    (expect-code (:cancelled) (polycall:future-value future :timeout 30))
    (wait-for-counter run key 'polycall.testing:counters-cancelled 1)))
