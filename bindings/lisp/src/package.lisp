;;;; The package of the binding. Programs name its symbols with the prefix `polycall:`.

(defpackage #:polycall
  (:use #:common-lisp)
  ;; Messages
  (:export #:message #:encode #:decode #:octets #:octets-of #:message= #:copy-message
           #:unknown-fields #:field-present-p #:clear-field #:absent
           #:message-type-name #:codec-error #:decode-error #:encode-error
           #:codec-error-message-name #:codec-error-reason
           #:decode-error-field #:decode-error-offset)
  ;; What generated code is made of
  (:export #:in-proto-package #:define-proto-file #:use-proto #:define-message #:define-enum
           #:define-descriptors #:define-service #:load-generated)
  ;; Status
  (:export #:status-error #:status-code #:status-message #:status-details
           #:status-initial-metadata #:status-trailing-metadata #:fail #:retry
           #:cancelled-error #:unknown-error #:invalid-argument-error #:deadline-exceeded-error
           #:not-found-error #:already-exists-error #:permission-denied-error
           #:resource-exhausted-error #:failed-precondition-error #:aborted-error
           #:out-of-range-error #:unimplemented-error #:internal-error #:unavailable-error
           #:data-loss-error #:unauthenticated-error)
  ;; Channels and calls
  (:export #:channel #:make-channel #:close-channel #:with-channel #:channel-target
           #:channel-transport #:channel-state #:wait-ready #:ping #:explain
           #:call #:with-call #:send #:receive #:half-close #:finish #:cancel #:do-responses
           #:do-requests #:initial-metadata #:trailing-metadata #:call-outcome #:time-left
           #:peer #:transport #:service-name #:method-name #:close-call
           #:future #:future-value #:future-cancel #:future-done-p #:future-then
           #:call-info #:call-info-initial-metadata #:call-info-trailing-metadata
           #:metadata-value #:metadata-values #:call-bytes)
  ;; Servers
  (:export #:service #:server #:make-server #:with-server #:add-service #:listen-on
           #:start-server #:shutdown-server #:wait-server #:free-server #:run-worker
           #:set-serving #:server-stats #:server-addresses #:allow
           #:peer-identity #:identity-subject #:identity-names
           #:context #:metadata #:send-initial-metadata #:set-trailing-metadata #:cancelled-p
           #:on-cancel #:defer #:respond #:respond-error #:load-module)
  ;; Interceptors, logging, the library
  (:export #:interceptor #:call-started #:message-passed #:call-finished
           #:set-log #:version #:use-library #:*library*))
