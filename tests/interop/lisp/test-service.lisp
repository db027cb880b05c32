;;;; grpc.testing.TestService in Common Lisp.

(in-package #:interop)

(defclass test (grpc.testing:test-service-service) ()
  (:documentation "No method of unimplemented-call: that is its case. Any thread."))

(defun echo-metadata (context)
  (let ((initial (polycall:metadata-value context *initial-key*))
        (trailing (polycall:metadata-value context *trailing-key*)))
    (when initial (polycall:send-initial-metadata context `((,*initial-key* . ,initial))))
    (when trailing (polycall:set-trailing-metadata context `((,*trailing-key* . ,trailing))))))

(defun echo-status (status)
  (when (and status (/= 0 (grpc.testing:echo-status-code status)))
    (polycall:fail (grpc.testing:echo-status-code status)
                   (grpc.testing:echo-status-message status))))

(defun payload-of (size)
  (when (minusp size) (polycall:fail :invalid-argument "the size is negative"))
  (new-payload size))

(defun send-responses (request context)
  "What one request asks for."
  (loop for wanted across (grpc.testing:streaming-output-call-request-response-parameters request)
        for interval = (grpc.testing:response-parameters-interval-us wanted)
        do (when (plusp interval) (sleep (/ interval 1000000)))
           (polycall:send context (grpc.testing:make-streaming-output-call-response
                                   :payload (payload-of
                                             (grpc.testing:response-parameters-size wanted))))))

(defmethod grpc.testing:empty-call ((service test) request context)
  (empty))

(defmethod grpc.testing:unary-call ((service test) request context)
  (echo-metadata context)
  (echo-status (grpc.testing:simple-request-response-status request))
  (grpc.testing:make-simple-response
   :payload (payload-of (grpc.testing:simple-request-response-size request))))

(defmethod grpc.testing:streaming-output-call ((service test) request context)
  (echo-metadata context)
  (echo-status (grpc.testing:streaming-output-call-request-response-status request))
  (send-responses request context))

(defmethod grpc.testing:streaming-input-call ((service test) requests context)
  (let ((size 0))
    (polycall:do-requests (request requests)
      (let ((payload (grpc.testing:streaming-input-call-request-payload request)))
        (when payload (incf size (length (grpc.testing:payload-body payload))))))
    (grpc.testing:make-streaming-input-call-response :aggregated-payload-size size)))

(defmethod grpc.testing:full-duplex-call ((service test) requests context)
  (echo-metadata context)
  (polycall:do-requests (request requests)
    (echo-status (grpc.testing:streaming-output-call-request-response-status request))
    (send-responses request context)))

(defmethod grpc.testing:half-duplex-call ((service test) requests context)
  (let ((all '()))
    (polycall:do-requests (request requests) (push request all))
    (dolist (request (reverse all)) (send-responses request context))))
