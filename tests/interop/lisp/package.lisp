(defpackage #:interop
  (:use #:common-lisp)
  (:export #:main #:register))
