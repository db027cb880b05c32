;;;; Calls with one message each way.

(in-package #:interop)

(define-case "empty_unary" (run)
  (call-empty run))

(define-case "large_unary" (run)
  (call-large-unary (run-test run)))
