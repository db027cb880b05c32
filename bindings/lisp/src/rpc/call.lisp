;;;; Streaming calls, at the caller.

(in-package #:polycall)

(defstruct (call (:constructor %make-call) (:copier nil) (:predicate callp))
  "A streaming call. One thread at a time sends, and one receives; both may be different ones."
  pointer
  rpc
  wait
  (taker nil)               ; who receives what is sent; NIL: takes bytes only
  (closed nil)
  (status :unknown))        ; :UNKNOWN, NIL (OK) or a STATUS-ERROR once it is known

(defmethod print-object ((call call) stream)
  (print-unreadable-object (call stream :type t :identity t)
    (format stream "~A.~A~:[~; (closed)~]" (rpc-service (call-rpc call))
            (rpc-name (call-rpc call)) (call-closed call))))

(defun start-call (client rpc timeout metadata flags)
  (let* ((channel (client-channel client))
         (pointer (live-pointer channel))
         (method (client-method client rpc))
         (passing (and (channel-in-process channel) (not (eq (rpc-request rpc) :bytes)))))
    (with-foreign-metadata (foreign metadata)
      (with-struct (options %call-options)
        (fill-call-options options timeout flags foreign nil)
        (when passing
          (setf (slot options %call-options response-type) (table-or-null (rpc-response rpc))))
        (let ((call (%call-start pointer (bound-method-pointer method) options)))
          (%make-call :pointer call :rpc rpc :wait (begin-watching call)
                      :taker (when passing (bound-method-taker method))))))))

(defun close-call (call)
  "Ends CALL; what has not ended is cancelled. WITH-CALL and DO-RESPONSES do it."
  (uninterrupted
    (unless (shiftf (call-closed call) t)
      (end-watching (call-wait call))
      (let ((pointer (shiftf (call-pointer call) nil)))
        (%call-cancel pointer 1 "the caller left the call")
        (%call-release pointer))))
  nil)

(defun open-pointer (call)
  (or (call-pointer call)
      (fail :failed-precondition (format nil "~A was closed" call))))

(defmacro with-call ((call form) &body body)
  "Runs BODY with CALL bound to the call that FORM starts. Leaving it before the call's end, by any way,
cancels the call."
  `(let ((,call ,form))
     (unwind-protect (progn ,@body)
       (close-call ,call))))

(defun send-payload (message name taker flags sender)
  "SENDER is called with a C message. NAME: the type of MESSAGE. TAKER: who receives it, NIL for bytes."
  (with-struct (c %message)
    (if (and taker (takes-p taker))
        (let ((type (find-message-type name)))
          (check-passable message type)
          (let ((passage (take-passage message)))
            (unwind-protect
                 (progn
                   (fill-passed c (table-of type) (passage-number passage))
                   (multiple-value-prog1 (funcall sender c flags)
                     (note-taken taker passage)))
              (give-back passage))))
        (with-writer (writer)
          (write-payload writer message name)
          (with-payload (c writer)
            (funcall sender c flags))))))

(defgeneric send (stream message &key buffered half-close)
  (:documentation "Sends MESSAGE: STREAM is a caller's call, or a handler's context. Blocks while the peer's
credit is used up. BUFFERED: more follows at once. HALF-CLOSE: this is the caller's last message.
STATUS-ERROR if the call has ended. Answers MESSAGE."))

(defmethod send ((call call) message &key buffered half-close)
  (let ((pointer (open-pointer call)))
    (send-payload message (rpc-request (call-rpc call))
                  ;; The one request of a call is kept by the library, to send it again: as bytes.
                  (unless half-close (call-taker call))
                  (logior (if half-close 1 0) (if buffered 2 0))
                  (lambda (c flags)
                    (let ((code 0))
                      (with-struct (status %status)
                        (waiting ((call-wait call))
                          (setf code (%call-send pointer c flags status)))
                        (let ((condition (take-status status)))
                          (cond ((null condition))
                                ((= code 9) (error condition))
                                ;; The call has ended; its own status says why.
                                (t (error (or (wait-for-status call) condition)))))))))
    message))

(defun half-close (call)
  "Says that no more messages will be sent."
  (let ((pointer (open-pointer call)))
    (waiting ((call-wait call)) (%call-half-close pointer)))
  nil)

(defgeneric receive (stream)
  (:documentation "The next message of the peer, or NIL at the end of the stream. Blocks. For a caller's
call the end is an error (a STATUS-ERROR) unless the call's status is OK."))

(defun receive-into (pointer type waiter)
  "The next message, or NIL. WAITER waits with the C message."
  (with-struct (c %message)
    (when (= 1 (funcall waiter pointer c))
      (take-payload c type))))

(defmethod receive ((call call))
  (or (handler-case
          (receive-into (open-pointer call) (rpc-response (call-rpc call))
                        (lambda (pointer c)
                          (let ((got 0))
                            (waiting ((call-wait call)) (setf got (%call-receive pointer c)))
                            got)))
        (decode-error (trouble)
          (let ((condition (unreadable-error trouble "response")))
            (%call-cancel (open-pointer call) (code-number :internal)
                          (status-message condition))
            (setf (call-status call) condition)
            (error condition))))
      (let ((condition (wait-for-status call)))
        (when condition (error condition)))))

(defun wait-for-status (call)
  "Waits for the call's end: the STATUS-ERROR, or NIL for OK."
  (if (not (eq (call-status call) :unknown))
      (call-status call)
      (let ((pointer (open-pointer call)))
        (cffi:with-foreign-object (trailing :pointer)
          (setf (cffi:mem-ref trailing :pointer) (cffi:null-pointer))
          (with-struct (status %status)
            (waiting ((call-wait call)) (%call-wait pointer status trailing))
            (setf (call-status call)
                  (take-status status nil (read-metadata (cffi:mem-ref trailing :pointer)))))))))

(defun finish (call)
  "Half-closes CALL, which streams requests, waits for its end and answers the one response."
  (half-close call)
  (let ((response (receive call)))
    (let ((condition (wait-for-status call)))
      (when condition (error condition)))
    response))

(defgeneric cancel (call)
  (:documentation "Cancels a call: it ends with CANCELLED, and its handler hears of it. Any thread. No effect
on one that has ended."))

(defmethod cancel ((call call))
  (let ((pointer (call-pointer call)))
    (when pointer (%call-cancel pointer 1 "cancelled by the caller")))
  nil)

(defun initial-metadata (call)
  "The handler's initial metadata, an alist. Blocks until it, a message or the end has arrived."
  (let ((pointer (open-pointer call)) (metadata nil))
    (waiting ((call-wait call)) (setf metadata (%call-initial-metadata pointer)))
    (read-metadata metadata)))

(defun trailing-metadata (call)
  "The metadata that came with the status, an alist. Blocks until the call's end; messages that were not
received are dropped."
  (let ((pointer (open-pointer call)))
    (cffi:with-foreign-object (trailing :pointer)
      (setf (cffi:mem-ref trailing :pointer) (cffi:null-pointer))
      (with-struct (status %status)
        (waiting ((call-wait call)) (%call-wait pointer status trailing))
        (%status-clear status))
      (read-metadata (cffi:mem-ref trailing :pointer)))))

(defun call-outcome (call)
  "Waits for the call's end: its code, a keyword, and the STATUS-ERROR unless that is :OK."
  (let ((condition (wait-for-status call)))
    (values (if condition (status-code condition) :ok) condition)))

(defun time-left* (pointer)
  (let ((nanoseconds (%call-time-left pointer)))
    (unless (= nanoseconds (1- (expt 2 63))) (/ nanoseconds 1d9))))

(defgeneric call-pointer-of (call)
  (:method ((call call)) (open-pointer call))
  (:method ((call intercepted-call)) (intercepted-call-pointer call)))

(defun time-left (call)
  "Seconds until the deadline of CALL (a call or a context), at least 0; NIL without a deadline."
  (time-left* (call-pointer-of call)))

(defun transport (call)
  "\"inproc\", \"shm\", \"unix\", \"tcp\", \"tls\", \"grpc\" or \"http\"; NIL while a caller's call has no connection yet."
  (%call-transport (call-pointer-of call)))

(defun service-name (call) "\"calc.v1.Calc\"." (%call-service (call-pointer-of call)))
(defun method-name (call) "\"Add\"." (%call-method (call-pointer-of call)))

(defun peer (call)
  "The peer's address; of a unix peer with the pid and uid that the kernel vouches for."
  (let ((pointer (call-pointer-of call)) (size 512))
    (cffi:with-foreign-object (out :char 512)
      (%call-peer pointer out size)
      (foreign-string out))))

;;; The four kinds, as generated code calls them.

(defun server-streaming (client rpc request timeout metadata flags)
  (let ((call (start-call client rpc timeout metadata flags)) (done nil))
    (unwind-protect
         (progn
           ;; What a send fails with is the call's status.
           (handler-case (send call request :half-close t)
             (status-error () nil))
           (setf done t)
           call)
      (unless done (close-call call)))))

(defun send-all (call requests)
  "Sends REQUESTS, a sequence or a function that answers the next one or NIL."
  (if (functionp requests)
      (loop for request = (funcall requests) while request do (send call request))
      (map nil (lambda (request) (send call request)) requests)))

(defun client-streaming (client rpc requests timeout metadata flags)
  (with-call (call (start-call client rpc timeout metadata flags))
    (send-all call requests)
    (finish call)))

(defmacro do-responses ((response form &optional result) &body body)
  "Runs BODY for each message that FORM's call (or handler's context) receives. A call that FORM started
itself is closed at the end, and cancelled by leaving early; at the end its status is an error unless it
is OK."
  (let ((stream (gensym "STREAM")))
    `(let ((,stream ,form))
       (unwind-protect
            (loop for ,response = (receive ,stream) while ,response do (progn ,@body))
         ,@(unless (symbolp form) `((when (callp ,stream) (close-call ,stream)))))
       ,result)))

(defmacro do-requests ((request requests &optional result) &body body)
  "Runs BODY for each message that the caller sends: REQUESTS is what a handler was given."
  `(do-responses (,request ,requests ,result) ,@body))
