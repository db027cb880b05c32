;;;; Interceptors see the calls of a channel or a server.

(in-package #:polycall)

(defclass interceptor () ()
  (:documentation "The base of interceptors: make a subclass and define methods of what is to be seen.
They run on the thread that makes the event, and should be short."))

(defgeneric call-started (interceptor call metadata)
  (:documentation "A call starts. METADATA is an alist: of a channel's interceptor, what will be sent;
of a server's, what was received. Answers an alist of what to send in addition (channels only), or NIL.
A STATUS-ERROR ends the call with its status. CALL: an INTERCEPTED-CALL, for SERVICE-NAME, METHOD-NAME
and so on, to be used within the method only.")
  (:method (interceptor call metadata) (declare (ignore interceptor call metadata)) nil))

(defgeneric message-passed (interceptor call message sent)
  (:documentation "A message (octets) was sent (SENT is true) or is about to be received.")
  (:method (interceptor call message sent) (declare (ignore interceptor call message sent)) nil))

(defgeneric call-finished (interceptor call status)
  (:documentation "The call has ended with STATUS, a STATUS-ERROR, or NIL for OK. The call's last event.
Answers another STATUS-ERROR to end with, or NIL.")
  (:method (interceptor call status) (declare (ignore interceptor call status)) nil))

(defstruct (intercepted-call (:constructor make-intercepted-call (pointer)))
  pointer)

(defun condition-text (condition)
  (let ((text (handler-case (princ-to-string condition)
                (serious-condition () "(its report failed)"))))
    (format nil "~A: ~A" (symbol-name (type-of condition)) text)))

(defun condition-status (condition)
  "The STATUS-ERROR that an error of a person's code stands for."
  (typecase condition
    (status-error condition)
    (storage-condition
     (make-status-error :resource-exhausted "the stack or the heap is exhausted"))
    (t (make-status-error :unknown (condition-text condition)))))

(defmacro guarded (form &body on-failure)
  "FORM's value. Whatever else it does (an error, an exhausted stack, a non-local exit through C) runs
ON-FAILURE with CONDITION bound to a STATUS-ERROR, and gives its value."
  `(guarded-as (condition-status condition) ,form ,@on-failure))

(defmacro guarded-as (status form &body on-failure)
  "The same, where STATUS is the form of that STATUS-ERROR; CONDITION is what was signalled."
  `(block guarded
     (let ((completed nil))
       (unwind-protect
            (multiple-value-prog1
                (catching-serious ,form (condition)
                  (setf completed t)
                  (let ((condition ,status))
                    (return-from guarded (progn ,@on-failure))))
              (setf completed t))
         (unless completed
           (let ((condition (left-error)))
             (return-from guarded (progn ,@on-failure))))))))

(defun left-error ()
  (make-status-error :unknown "the code was left by a non-local exit"))

(defun store-status (pointer condition)
  (fill-status pointer (status-code condition) (status-message condition)
               (status-details condition)))

(cffi:defcallback %started :int ((arg :unsigned-long) (call :pointer) (metadata :pointer)
                                 (state :pointer) (status :pointer))
  (declare (ignore state))
  (guarded
      (let ((more (call-started (object-of arg) (make-intercepted-call call)
                                (read-metadata metadata))))
        (loop for (key . value) in more do (add-metadata metadata key value))
        0)
    (store-status status condition)
    (code-number (status-code condition))))

(cffi:defcallback %message-passed :void ((arg :unsigned-long) (call :pointer) (message :pointer)
                                         (sent :int) (state :pointer))
  (declare (ignore state))
  (guarded
      (with-struct (bytes %message)
        (when (zerop (%message-to-bytes message bytes (cffi:null-pointer)))
          (message-passed (object-of arg) (make-intercepted-call call)
                          (take-payload bytes :bytes) (= sent 1))))
    condition))

(cffi:defcallback %call-finished :void ((arg :unsigned-long) (call :pointer) (status :pointer)
                                        (state :pointer))
  (declare (ignore state))
  (guarded
      (with-struct (copy %status)
        (let* ((code (slot status %status code))
               (details (slot status %status details))
               (now (unless (zerop code)
                      (make-status-error
                       (code-keyword code) (foreign-string (slot status %status message))
                       (unless (cffi:null-pointer-p details)
                         (foreign-octets details (slot status %status details-size))))))
               (other (call-finished (object-of arg) (make-intercepted-call call) now)))
          (when (typep other 'status-error)
            (%status-clear status)
            (store-status status other))))
    condition))

(defun make-foreign-interceptors (numbers)
  "An array of C interceptors for the objects of NUMBERS; NULL for none. To be freed."
  (if (null numbers)
      (cffi:null-pointer)
      (let ((array (cffi:foreign-alloc '(:struct %interceptor) :count (length numbers))))
        (loop for number in numbers
              for i from 0
              do (let ((pointer (cffi:mem-aptr array '(:struct %interceptor) i)))
                   (set-size pointer %interceptor)
                   (setf (slot pointer %interceptor arg) number
                         (slot pointer %interceptor started) (cffi:callback %started)
                         (slot pointer %interceptor message) (cffi:callback %message-passed)
                         (slot pointer %interceptor finished) (cffi:callback %call-finished))))
        array)))
