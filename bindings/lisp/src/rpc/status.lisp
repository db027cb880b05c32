;;;; Status: the canonical codes as keywords, and a condition for each that is not OK.

(in-package #:polycall)

(define-condition status-error (error)
  ((code :initarg :code :reader status-code
         :documentation "The canonical code as a keyword, :NOT-FOUND.")
   (message :initarg :message :initform "" :reader status-message
            :documentation "What went wrong, for people.")
   (details :initarg :details :initform nil :reader status-details
            :documentation "A serialized google.rpc.Status as OCTETS, or NIL.")
   (initial-metadata :initarg :initial-metadata :initform nil :reader status-initial-metadata
                     :documentation "The metadata before the first message, an alist; of a unary
call only if :INFO was asked for.")
   (trailing-metadata :initarg :trailing-metadata :initform nil :reader status-trailing-metadata
                      :documentation "The metadata that came with the status, an alist; of a unary
call only if :INFO was asked for."))
  (:report (lambda (condition stream)
             (format stream "~A~@[: ~A~]"
                     (substitute #\_ #\- (symbol-name (status-code condition)))
                     (let ((message (status-message condition)))
                       (unless (equal message "") message)))))
  (:documentation "A call, or a function of the library, ended with another status than OK. Each code
has a condition of its own below this one."))

(define-documentation
  (status-code "The canonical code of a STATUS-ERROR as a keyword, :NOT-FOUND.")
  (status-message "What went wrong, for people.")
  (status-details "A serialized google.rpc.Status as OCTETS, or NIL.")
  (status-initial-metadata "The metadata before the first message, an alist; of a unary call only if :INFO
was asked for.")
  (status-trailing-metadata "The metadata that came with the status, an alist; of a unary call only if
:INFO was asked for."))

(defmacro define-statuses (&rest entries)
  "ENTRIES: (CODE CONDITION DOCUMENTATION) in the order of their numbers, from 1 on."
  `(progn
     ,@(loop for (nil condition documentation) in entries
             collect `(define-condition ,condition (status-error) ()
                        (:documentation ,documentation)))
     (defparameter *codes* ',(coerce (cons :ok (mapcar #'first entries)) 'simple-vector)
       "The code of each number.")
     (defparameter *conditions*
       ',(loop for (code condition) in entries collect (cons code condition)))))

(define-statuses
  (:cancelled cancelled-error "The caller cancelled. Do not retry.")
  (:unknown unknown-error "The handler failed without saying how. Do not retry.")
  (:invalid-argument invalid-argument-error "Wrong whatever the state. Do not retry.")
  (:deadline-exceeded deadline-exceeded-error
   "The time is over; the call may have taken effect. Retry only what is idempotent.")
  (:not-found not-found-error "There is no such thing. Do not retry.")
  (:already-exists already-exists-error "It is there already. Do not retry.")
  (:permission-denied permission-denied-error "The caller may not. Do not retry.")
  (:resource-exhausted resource-exhausted-error
   "A limit was met. Retry later, or with less.")
  (:failed-precondition failed-precondition-error "Retry after the state was mended.")
  (:aborted aborted-error "A conflict. Retry higher up, the whole transaction.")
  (:out-of-range out-of-range-error "Beyond what is there. Do not retry.")
  (:unimplemented unimplemented-error "No such service or method. Do not retry.")
  (:internal internal-error "An invariant broke. Do not retry.")
  (:unavailable unavailable-error "The peer is not there now. Retry, with back-off.")
  (:data-loss data-loss-error "Data are lost. Do not retry.")
  (:unauthenticated unauthenticated-error "Retry with credentials."))

(defun code-keyword (number)
  (if (< -1 number (length *codes*)) (svref *codes* number) :unknown))

(defun code-number (code)
  "The number of CODE, a keyword or the number itself."
  (or (if (integerp code) code (position code *codes*))
      (error "~S is no status code; known are~{ ~S~}" code (coerce *codes* 'list))))

(defun make-status-error (code message &optional details initial trailing)
  (make-condition (or (cdr (assoc code *conditions*)) 'unknown-error)
                  :code code :message (or message "") :details details
                  :initial-metadata initial :trailing-metadata trailing))

(defun fail (code message &key details)
  "Signals the STATUS-ERROR of CODE (a keyword). In a handler: ends the call with that status.
DETAILS: a serialized google.rpc.Status, octets."
  (let ((number (code-number code)))
    (when (zerop number) (error "FAIL: :OK is no failure"))
    (error (make-status-error (code-keyword number) message
                              (when details (octets-of details))))))

;;; From and to C.

(defun foreign-octets (pointer size)
  (let ((octets (make-octets size)))
    (when (plusp size) (copy-from-foreign pointer octets size))
    octets))

(defun foreign-text (pointer size)
  "SIZE bytes of UTF-8; what is none reads as Latin 1."
  (let ((octets (foreign-octets pointer size)))
    (or (decode-ascii octets 0 size)
        (decode-utf8 octets 0 size)
        (map 'text #'code-char octets))))

(defun foreign-string (pointer)
  "A NUL-terminated string, or NIL for NULL."
  (unless (cffi:null-pointer-p pointer)
    (foreign-text pointer (cffi:foreign-funcall "strlen" :pointer pointer :size))))

(defun take-status (pointer &optional initial trailing)
  "The STATUS-ERROR of a C status that is not OK, which is cleared; NIL if it is OK."
  (let ((code (slot pointer %status code)))
    (unless (zerop code)
      (let ((details (slot pointer %status details)))
        (prog1 (make-status-error (code-keyword code)
                                  (foreign-string (slot pointer %status message))
                                  (unless (cffi:null-pointer-p details)
                                    (foreign-octets details (slot pointer %status details-size)))
                                  initial trailing)
          (%status-clear pointer))))))

(defmacro with-status ((status) &body body)
  "Runs BODY with a C status; signals what it says afterwards."
  (let ((condition (gensym)) (result (gensym)))
    `(with-struct (,status %status)
       (let* ((,result (progn ,@body)) (,condition (take-status ,status)))
         (when ,condition (error ,condition))
         ,result))))

(defun fill-status (pointer code message details)
  "Sets the C status at POINTER."
  (let ((message (if (find (code-char 0) message) (remove (code-char 0) message) message))
        (details (or details (make-octets 0))))
    (with-pinned-octets (data details)
      (%status-set pointer (code-number code) message
                   (if (zerop (length details)) (cffi:null-pointer) data) (length details)))))

(cffi:defcstruct %exclusion (runtime :pointer) (reason :pointer))

(defun declare-runtime ()
  "Tells the library which runtime this process is, so that hosts that cannot share it are refused."
  #+sbcl
  (let ((exclusion (cffi:foreign-alloc '(:struct %exclusion))))
    (setf (slot exclusion %exclusion runtime) (cffi:foreign-string-alloc "jvm")
          (slot exclusion %exclusion reason)
          (cffi:foreign-string-alloc "both claim SIGSEGV for their own memory management"))
    (with-status (status) (%host-declare "sbcl" exclusion 1 status)))
  #+ecl
  (with-status (status) (%host-declare "ecl" (cffi:null-pointer) 0 status)))
