;;;; Certificates and keys.

(in-package #:polycall)

(defparameter *tls-options*
  '(:ca :certificate :key :server-name :require-client-certificate :allow-1-2))

(defun tls-text (value)
  "A file name or another text for C; NULL for NIL."
  (foreign-string-or-null (if (pathnamep value) (namestring value) value)))

(defun make-foreign-tls (options function)
  "C's form of OPTIONS, a plist, to be freed with FREE-FOREIGN-TLS; NULL for none."
  (check-options options *tls-options* (format nil "~A :TLS" function))
  (if (null options)
      (cffi:null-pointer)
      (let ((c (clear-struct (cffi:foreign-alloc '(:struct %tls-options))
                             (cffi:foreign-type-size '(:struct %tls-options)))))
        (set-size c %tls-options)
        (setf (slot c %tls-options ca-file) (tls-text (getf options :ca))
              (slot c %tls-options certificate-file) (tls-text (getf options :certificate))
              (slot c %tls-options key-file) (tls-text (getf options :key))
              (slot c %tls-options server-name) (tls-text (getf options :server-name))
              (slot c %tls-options flags)
              (logior (if (getf options :require-client-certificate) 1 0)
                      (if (getf options :allow-1-2) 2 0)))
        c)))

(defun free-foreign-tls (c)
  (unless (cffi:null-pointer-p c)
    (free-unless-null (slot c %tls-options ca-file))
    (free-unless-null (slot c %tls-options certificate-file))
    (free-unless-null (slot c %tls-options key-file))
    (free-unless-null (slot c %tls-options server-name))
    (cffi:foreign-free c)))
