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
           #:define-service))
