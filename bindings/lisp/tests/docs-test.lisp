;;;; Every public name of the binding says what it is for.

(in-package #:polycall-tests)

(defun documented-p (symbol)
  (some (lambda (kind) (ignore-errors (documentation symbol kind)))
        '(function variable type structure)))

(define-test "every exported name has a documentation string"
  (let ((bare '()))
    (do-external-symbols (symbol '#:polycall)
      (when (or (fboundp symbol) (boundp symbol) (find-class symbol nil))
        (unless (documented-p symbol) (push symbol bare))))
    (expect-equal '() (sort bare #'string<))))
