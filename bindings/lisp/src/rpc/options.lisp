;;;; What may be said of one call.

(in-package #:polycall)

(defparameter *call-flags*
  '((:wait-for-ready . 1) (:idempotent . 2) (:detached . 4) (:no-retry . 16)))

(defconstant +want-metadata+ 8)

(defstruct (call-info (:constructor make-call-info (initial-metadata trailing-metadata)))
  "What a unary call answered besides its message."
  (initial-metadata '() :type list)
  (trailing-metadata '() :type list))

(define-documentation
  (call-info-initial-metadata "The handler's metadata ahead of the response, an alist.")
  (call-info-trailing-metadata "The metadata that came with the status, an alist."))

(defun flag-bits (flags)
  (let ((bits 0))
    (dolist (flag (if (listp flags) flags (list flags)) bits)
      (setf bits (logior bits
                         (or (cdr (assoc flag *call-flags*))
                             (error "~S is no flag of a call; known are~{ ~S~}"
                                    flag (mapcar #'car *call-flags*))))))))

(defun call-nanoseconds (timeout)
  "TIMEOUT seconds for C, in which 0 is the method's default: what is over already is negative."
  (cond ((null timeout) 0)
        ((not (realp timeout)) (error 'type-error :datum timeout :expected-type '(or null real)))
        ((plusp timeout) (max 1 (round (* timeout 1000000000))))
        (t -1)))

(defun fill-call-options (pointer timeout flags metadata info)
  (set-size pointer %call-options)
  (setf (slot pointer %call-options timeout) (call-nanoseconds timeout)
        (slot pointer %call-options flags) (logior (if flags (flag-bits flags) 0)
                                                   (if info +want-metadata+ 0))
        (slot pointer %call-options metadata) metadata))
