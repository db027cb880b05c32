;;;; Unary calls without waiting.

(in-package #:polycall)

(defstruct (future (:constructor %make-future (rpc info)) (:copier nil))
  "The outcome of a call that may be under way. Any thread."
  rpc info
  (call nil)                ; C's call, to cancel it; guarded by the lock
  (state :pending)          ; :PENDING, :DONE or :FAILED
  (result nil) (call-info nil)
  (condition nil)
  (callbacks '())
  (lock (make-lock "polycall future"))
  (changed (make-condition-variable)))

(defmethod print-object ((future future) stream)
  (print-unreadable-object (future stream :type t :identity t)
    (format stream "~A ~(~A~)" (future-rpc future) (future-state future))))

(defun settle (future state value info condition)
  (let ((callbacks '()) (call nil))
    (with-plain-lock ((future-lock future))
      (setf (future-result future) value
            (future-call-info future) info
            (future-condition future) condition
            (future-state future) state
            call (shiftf (future-call future) nil)
            callbacks (shiftf (future-callbacks future) '()))
      (wake-all (future-changed future)))
    (when call (%call-release call))
    (dolist (callback (reverse callbacks)) (run-callback callback future))))

(defun run-callback (callback future)
  (guarded (funcall callback future)
    (format *error-output* "~&polycall: a callback of ~A failed: ~A~%" future condition)))

(cffi:defcallback %unary-done :void ((arg :unsigned-long) (unary :pointer))
  (let ((future (object-of arg)))
    (forget-object arg)
    (guarded
        (multiple-value-bind (value outcome)
            (take-outcome unary (future-rpc future) (future-info future))
          (when (future-info future)
            (setf (slot unary %unary initial) (cffi:null-pointer)
                  (slot unary %unary trailing) (cffi:null-pointer)))
          (if (typep outcome 'status-error)
              (settle future :failed nil nil outcome)
              (settle future :done value outcome nil)))
      (settle future :failed nil nil condition))))

(defun start-future (client rpc request timeout metadata flags info)
  "Starts a call and returns its FUTURE at once."
  (let* ((future (%make-future rpc info))
         (channel (live-pointer (client-channel client)))
         (method (bound-method-pointer (client-method client rpc))))
    (with-struct (unary %unary)
      (set-size unary %unary)
      (setf (slot unary %unary method) method)
      (with-writer (writer)
        (write-payload writer request (rpc-request rpc))
        (with-payload ((slot-pointer unary %unary request) writer)
          (with-foreign-metadata (foreign metadata)
            (with-struct (options %call-options)
              (fill-call-options options timeout flags foreign info)
              (setf (slot unary %unary options) options)
              (cffi:with-foreign-object (call :pointer)
                (setf (cffi:mem-ref call :pointer) (cffi:null-pointer))
                (in-c (%unary-call-async channel unary (cffi:callback %unary-done)
                                         (register-object future) call))
                (keep-call future (cffi:mem-ref call :pointer))))))))
    future))

(defun keep-call (future call)
  (unless (cffi:null-pointer-p call)
    (let ((over nil))
      (with-plain-lock ((future-lock future))
        (if (eq (future-state future) :pending)
            (setf (future-call future) call)
            (setf over t)))
      (when over (%call-release call)))))

(defun future-done-p (future)
  "Whether the call has ended, in whatever way."
  (not (eq (future-state future) :pending)))

(defun future-value (future &key timeout)
  "Waits for the response, for at most TIMEOUT seconds (NIL: as long as it takes), and answers it, with
the CALL-INFO as second value if :INFO was asked for. STATUS-ERROR if the call failed;
DEADLINE-EXCEEDED-ERROR if TIMEOUT is over, which leaves the call alone."
  (let ((end (when timeout
               (+ (get-internal-real-time) (* timeout internal-time-units-per-second)))))
    (with-plain-lock ((future-lock future))
      (loop while (eq (future-state future) :pending)
            do (let ((left (when end
                             (/ (- end (get-internal-real-time)) internal-time-units-per-second))))
                 (when (and left (<= left 0))
                   (fail :deadline-exceeded "the call has not ended yet"))
                 (wait-on (future-changed future) (future-lock future)
                          (when left (float left 1d0)))))))
  (if (eq (future-state future) :failed)
      (error (future-condition future))
      (values (future-result future) (future-call-info future))))

(defun future-cancel (future)
  "Cancels the call. No effect on one that has ended."
  (let ((call nil))
    (with-plain-lock ((future-lock future))
      (setf call (future-call future))
      (when call (%call-retain call)))
    (when call
      (in-c (%call-cancel call 1 "cancelled by the caller"))
      (%call-release call)))
  nil)

(defun future-then (future function)
  "Calls FUNCTION with FUTURE once it is done: at once if it is, or else on a thread of the library's.
Answers FUTURE."
  (let ((now nil))
    (with-plain-lock ((future-lock future))
      (if (eq (future-state future) :pending)
          (push function (future-callbacks future))
          (setf now t)))
    (when now (run-callback function future)))
  future)
