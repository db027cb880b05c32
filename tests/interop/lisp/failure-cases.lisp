;;;; Handlers that fail, messages that do not fit, programs of another age, processes that die.

(in-package #:interop)

(define-case "handler_throws" (run)
  (loop repeat 3
        do (expect-code (:unknown)
             (polycall.testing:poly-call-test-service-throw
              (run-own run) (polycall.testing:make-throw-request)))
           (call-empty run)))

(define-case "message_too_large" (run)
  (loop for (request-size response-size) in '((17825792 1) (1 17825792))
        do (expect-code (:resource-exhausted)
             (grpc.testing:test-service-unary-call
              (run-test run)
              (grpc.testing:make-simple-request :response-size response-size
                                                :payload (new-payload request-size))))
           (call-empty run)))

(define-case "unknown_fields_kept" (run)
  (let* ((wide (polycall.testing:make-wide
                :name "known" :number -7 :body #(0 1 255) :words '("one" "")
                :nested (polycall.testing:make-narrow :name "inner")
                :four-bytes 4000000000 :eight-bytes #x8000000000000001
                :counts '(("key" . 3))))
         (narrow (polycall:decode 'polycall.testing:narrow (polycall:encode wide)))
         (reply (polycall.testing:poly-call-test-service-echo-narrow (run-own run) narrow)))
    (expect (polycall:message= wide (polycall:decode 'polycall.testing:wide
                                                     (polycall:encode reply)))
            "the message that went to EchoNarrow")))

(defun hold-message (&rest fields) (apply #'polycall.testing:make-hold-message fields))

(defun start-hold (run key)
  "Opens a Hold stream and lets one message go to and fro: the handler is surely running."
  (let ((call (polycall.testing:poly-call-test-service-hold (run-own run))))
    (polycall:send call (hold-message :key key))
    (expect (polycall:receive call) "an answer")
    call))

(define-case "client_dies_midstream_die" (run)
  (let ((call (start-hold run (new-key run "client_dies"))))
    (expect call "a stream to die with")
    (end-process +died+)))

(define-case "client_dies_midstream_check" (run)
  (wait-for-counter run (new-key run "client_dies") 'polycall.testing:counters-cancelled 1))

(define-case "server_dies_midcall" (run)
  (polycall:with-call (call (start-hold run (new-key run "server_dies")))
    (expect-code (:unavailable)
      (polycall.testing:poly-call-test-service-kill
       (run-own run) (polycall.testing:make-kill-request)))
    (expect-code (:unavailable) (remaining call))
    (expect-code (:unavailable)
      (grpc.testing:test-service-empty-call (run-test run) (empty)))))

(defun expect-hold-goes-on (call)
  (polycall:send call (hold-message :number 2))
  (let ((reply (polycall:receive call)))
    (expect reply "an answer")
    (expect-equal 2 (polycall.testing:hold-message-number reply) "the answer's number"))
  (polycall:half-close call)
  (expect-equal '() (remaining call) "the rest of the stream"))

(defun expect-no-new-calls (run)
  (loop repeat 500
        do (handler-case (grpc.testing:test-service-empty-call (run-test run) (empty))
             (polycall:status-error (error)
               (expect-equal :unavailable (polycall:status-code error) "EmptyCall")
               (return-from expect-no-new-calls)))
           (sleep 0.02))
  (failed "the server still takes calls 10 s after its shutdown began"))

(define-case "graceful_shutdown_loses_nothing" (run)
  (polycall:with-call (call (start-hold run (new-key run "graceful_shutdown")))
    (let* ((key (new-key run "graceful_shutdown_sleep"))
           (request (polycall.testing:make-sleep-request :key key :milliseconds 500))
           (futures (loop repeat 20
                          collect (polycall.testing:poly-call-test-service-sleep-future
                                   (run-own run) request))))
      (wait-for-counter run key 'polycall.testing:counters-started (length futures))
      (polycall.testing:poly-call-test-service-shutdown
       (run-own run) (polycall.testing:make-shutdown-request :grace-ms 15000))
      (dolist (future futures) (polycall:future-value future :timeout 30))
      (expect-hold-goes-on call)
      (expect-no-new-calls run))))
