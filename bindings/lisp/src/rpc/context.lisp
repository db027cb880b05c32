;;;; The call as its handler sees it.

(in-package #:polycall)

(defstruct (context (:constructor make-context (pointer rpc server)) (:copier nil))
  "The call that a handler serves. Valid until the handler has returned or, after DEFER, responded."
  pointer                   ; NIL once the call is finished
  rpc
  server
  (cancel-number nil)
  (deferred nil)
  ;; What the caller takes: a TAKER, messages as they are as long as that says so; NIL, bytes; :UNKNOWN.
  (taker nil))

(quick-readers context-pointer context-rpc context-server context-cancel-number context-deferred
               context-taker)

(defmethod print-object ((context context) stream)
  (print-unreadable-object (context stream :type t :identity t)
    (format stream "~A~:[ (finished)~;~]" (context-rpc context) (context-pointer context))))

(declaim (inline pointer-to))
(defun pointer-to (call)
  "A pointer to CALL, which on ECL may be an address: there a pointer is an object to be made."
  #+ecl (if (integerp call) (cffi:make-pointer call) call)
  #-ecl call)

(defun context-call (context)
  (let ((call (context-pointer context)))
    (if call
        (pointer-to call)
        (fail :failed-precondition
              (format nil "the call of ~A has been finished" (context-rpc context))))))

(defmethod call-pointer-of ((context context)) (context-call context))

(defun metadata (context)
  "The caller's metadata, an alist."
  (read-metadata (%call-metadata (context-call context))))

(defun send-initial-metadata (context metadata)
  "Sends METADATA, an alist, ahead of the first message; at most once, before any message."
  (with-foreign-metadata (foreign metadata)
    (with-status (status)
      (%call-send-initial-metadata (context-call context)
                                   (if (cffi:null-pointer-p foreign) (empty-metadata) foreign)
                                   status)))
  nil)

(defun set-trailing-metadata (context metadata)
  "Sets what goes with the status, an alist. Replaces what was set before."
  (with-foreign-metadata (foreign metadata)
    (with-status (status)
      (%call-set-trailing-metadata (context-call context)
                                   (if (cffi:null-pointer-p foreign) (empty-metadata) foreign)
                                   status)))
  nil)

(defvar *empty-metadata* nil)
(defun empty-metadata () (or *empty-metadata* (setf *empty-metadata* (%metadata-new))))
(at-image-start (setf *empty-metadata* nil))

(defun cancelled-p (context)
  "Whether the caller cancelled, its deadline passed or it is gone: the answer reaches nobody."
  (= 1 (%call-is-cancelled (context-call context))))

(defun stream-taker (context pointer)
  "Who receives what the handler of a stream sends. Only an answer tells whether messages are taken."
  (when (eq (context-taker context) :unknown)
    (setf (context-taker context)
          (when (and (not (eq (rpc-response (context-rpc context)) :bytes))
                     (equal (%call-transport pointer) "inproc"))
            (make-taker))))
  (context-taker context))

(defmethod send ((context context) message &key buffered half-close)
  (declare (ignore half-close))
  (let ((pointer (context-call context)))
    (send-payload message (rpc-response (context-rpc context)) (stream-taker context pointer)
                  (if buffered 2 0)
                  (lambda (c flags)
                    (with-status (status)
                      (in-c (%call-send pointer c flags status)))))
    message))

(defmethod receive ((context context))
  (handler-case
      (receive-into (context-call context) (rpc-request (context-rpc context))
                    (lambda (pointer c)
                      (let ((got (in-c (%call-receive pointer c))))
                        (when (and (= got 1) (null (context-taker context)) (passed-p c))
                          (setf (context-taker context) :unknown))
                        got)))
    (decode-error (trouble) (error (unreadable-error trouble "request")))))

(defmethod cancel ((context context))
  (fail :cancelled "cancelled by the handler"))

(defun handle-cancelled (number)
  (let ((function (object-of number)))
    (when function
      (guarded (funcall function)
        (format *error-output* "~&polycall: a cancellation callback failed: ~A~%" condition)))))

#+sbcl
(cffi:defcallback %cancelled :void ((arg :unsigned-long))
  (handle-cancelled arg))

#+sbcl
(defun cancel-entry () (cffi:callback %cancelled))

(defun on-cancel (context function)
  "Calls FUNCTION, of no arguments, if the call is cancelled before the handler has returned; at once if
it already is. It runs on another thread. A second one replaces the first; NIL removes it."
  (let ((before (context-cancel-number context))
        (number (when function (register-object function))))
    (setf (context-cancel-number context) number)
    (if function
        (in-c (%call-on-cancel (context-call context) (cancel-entry) number))
        (in-c (%call-on-cancel (context-call context) (cffi:null-pointer) 0)))
    (when before (forget-object before)))
  nil)

(defun leave-context (context)
  "The call is finished: what was made for it goes."
  (let ((number (shiftf (context-cancel-number context) nil)))
    (when number (forget-object number))))

(defun take-call (context)
  "The call, for the one who finishes it; NIL for everybody after."
  (let ((call (take-once (context-pointer context))))
    (when call (pointer-to call))))

(defun defer (context)
  "Says that the call, unary or client streaming, ends with RESPOND or RESPOND-ERROR, from any thread, and
not when the handler returns; what that returns is ignored. An error of the handler's still ends the call."
  (setf (context-deferred context) t)
  context)

(defun respond (context response)
  "Ends the call that was deferred with RESPONSE. No effect on one that has ended."
  (guarded (finish-with-response context response)
    (finish-with-error context condition))
  nil)

(defun respond-error (context code message &key details)
  "Ends the call that was deferred with a status: CODE is a keyword. No effect on one that has ended."
  (finish-with-error context (make-status-error (code-keyword (code-number code)) message
                                                (when details (octets-of details))))
  nil)
