;;;; The library calls a handler.

(in-package #:polycall)

(defstruct (handler (:constructor make-handler (rpc service server)) (:copier nil))
  rpc service server)
(quick-readers handler-rpc handler-service handler-server)

(defun finish-with-error (context condition)
  (let ((pointer (take-call context)))
    (when pointer
      (with-struct (status %status)
        (store-status status condition)
        (%call-finish pointer status (cffi:null-pointer))
        (%status-clear status))
      (leave-context context))))

(defun unusable-response (trouble)
  (make-status-error :internal (format nil "the handler's response is unusable: ~A" trouble)))

(defun write-response (writer response rpc)
  (handler-case (write-payload writer response (rpc-response rpc))
    (encode-error (trouble) (error (unusable-response trouble)))))

(defun finish-with-response (context response)
  (if (context-taker context)
      (finish-with-message context response)
      (finish-with-bytes context response)))

(defun finish-with-message (context response)
  "The caller is in this image, or was where the call began."
  (let ((type (find-message-type (rpc-response (context-rpc context)))))
    (handler-case (check-passable response type)
      (encode-error (trouble) (error (unusable-response trouble))))
    (let ((pointer (take-call context)) (table (table-of type)))
      (when pointer
        (with-struct (c %message)
          (let ((place (%call-response-place pointer table)))
            (if (cffi:null-pointer-p place)
                (let ((passage (take-passage response)))
                  (fill-passed c table (passage-number passage))
                  (%call-finish pointer (cffi:null-pointer) c)
                  (give-back passage))
                (let ((number (cffi:pointer-address place)))
                  (setf (passage-message (passage-at number)) response)
                  (fill-passed c table number)
                  (%call-finish pointer (cffi:null-pointer) c)))))
        (leave-context context)))))

(defun finish-with-bytes (context response)
  (with-struct (c %message)
    (with-writer (writer)
      (write-response writer response (context-rpc context))
      (with-payload (c writer)
        (let ((pointer (take-call context)))
          (when pointer
            (%call-finish pointer (cffi:null-pointer) c)
            (leave-context context)))))))

(defun finish-stream (context)
  (let ((pointer (take-call context)))
    (when pointer
      (%call-finish pointer (cffi:null-pointer) (cffi:null-pointer))
      (leave-context context))))

(defun finish-unless-deferred (context response)
  (unless (context-deferred context)
    (finish-with-response context response)))

(defun read-request (message context)
  (let ((name (rpc-request (context-rpc context))))
    (handler-case
        (cond ((passed-p message)
               (setf (context-taker context) :unknown)
               (passed-message message name))
              (t (with-writer (writer) (read-payload writer message name))))
      (decode-error (trouble) (error (unreadable-error trouble "request"))))))

(defun run-handler (handler context request)
  (let* ((rpc (handler-rpc handler))
         (function (rpc-handler rpc))
         (service (handler-service handler)))
    (ecase (rpc-kind rpc)
      (:unary
       (finish-unless-deferred
        context (funcall function service (read-request request context) context)))
      (:server-streaming
       (let ((request (read-request request context)))
         (setf (context-taker context) :unknown)
         (funcall function service request context))
       (finish-stream context))
      (:client-streaming
       (finish-unless-deferred context (funcall function service context context)))
      (:bidi-streaming
       (setf (context-taker context) :unknown)
       (funcall function service context context)
       (finish-stream context)))))

(defun handle (number call request)
  "Serves CALL by the handler NUMBER. Nothing of it unwinds into C."
  (let* ((handler (object-of number))
         (server (handler-server handler))
         (context (make-context call (handler-rpc handler) server)))
    (worker-busy server)
    (guarded (run-handler handler context request)
      (finish-with-error context condition))
    (worker-idle server)))

#+sbcl
(cffi:defcallback %handle :void ((arg :unsigned-long) (call :pointer) (request :pointer))
  (handle arg call request))

#+sbcl
(defun handler-entry (kind) (declare (ignore kind)) (cffi:callback %handle))
