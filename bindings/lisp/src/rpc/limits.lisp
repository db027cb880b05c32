;;;; Limits and other numbers of channels and servers. Times are in seconds here, nanoseconds in C.

(in-package #:polycall)

(defun nanoseconds (seconds)
  "SECONDS (a real number) for C; 0 for NIL."
  (if seconds (round (* seconds 1000000000)) 0))

(defun wait-nanoseconds (seconds)
  "SECONDS as the bound of a wait; NIL: none."
  (if seconds (max 0 (nanoseconds seconds)) -1))

(defparameter *limit-names*
  '(:max-message-size :max-metadata-size :max-calls-per-connection :max-connections :call-window
    :connection-window :max-pending-calls :handshake-timeout :idle-timeout :keepalive-interval
    :keepalive-timeout))

(defun fill-limits (pointer options)
  "Sets the limits that OPTIONS, a plist, names."
  (set-size pointer %limits)
  (macrolet ((number (name)
               `(setf (slot pointer %limits ,name)
                      (or (getf options ,(intern (symbol-name name) :keyword)) 0)))
             (time-of (name)
               `(setf (slot pointer %limits ,name)
                      (nanoseconds (getf options ,(intern (symbol-name name) :keyword))))))
    (number max-message-size) (number max-metadata-size) (number max-calls-per-connection)
    (number max-connections) (number call-window) (number connection-window)
    (number max-pending-calls)
    (time-of handshake-timeout) (time-of idle-timeout) (time-of keepalive-interval)
    (time-of keepalive-timeout)))

(defun check-options (options known function)
  (loop for (name) on options by #'cddr
        unless (member name known)
          do (error "~A: there is no option ~S; known are~{ ~S~}" function name known)))

(defun foreign-string-or-null (string)
  (if string (cffi:foreign-string-alloc string) (cffi:null-pointer)))

(defun free-unless-null (pointer)
  (unless (cffi:null-pointer-p pointer) (cffi:foreign-free pointer)))
