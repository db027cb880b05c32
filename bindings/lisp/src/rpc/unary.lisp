;;;; Blocking unary calls. A call that cannot be long, or that runs in this process, is one call of the
;;;; library; one that can be long goes by steps, so that there is something to cancel when its thread
;;;; is interrupted.

(in-package #:polycall)

(defparameter +long-call-seconds+ 1
  "A call bounded by more than this, or by nothing, can be interrupted.")

(defun place-filled-p (unary place)
  "Whether the response is in the passage PLACE."
  (= (passage-number place)
     (cffi:pointer-address (slot (slot-pointer unary %unary response) %message object))))

(defun take-outcome (unary rpc info &optional place)
  "The response and the CALL-INFO that a finished %UNARY holds; or NIL and the STATUS-ERROR. PLACE: the passage
that was offered for the response."
  (let ((initial (slot unary %unary initial)) (trailing (slot unary %unary trailing)))
    (multiple-value-bind (initial-list trailing-list)
        (if info
            (multiple-value-prog1 (values (read-metadata initial) (read-metadata trailing))
              (%metadata-free initial)
              (%metadata-free trailing))
            (values nil nil))
      (let ((condition (take-status (slot-pointer unary %unary status)
                                    initial-list trailing-list)))
        (if condition
            (values nil condition)
            (values (if (and place (place-filled-p unary place))
                        (passage-message place)
                        (handler-case (take-payload (slot-pointer unary %unary response)
                                                    (rpc-response rpc))
                          (decode-error (trouble)
                            (return-from take-outcome
                              (values nil (unreadable-error trouble "response"))))))
                    (when info (make-call-info initial-list trailing-list))))))))

(defun call-at-once (channel unary)
  (in-c (%unary-call channel unary)))

(defun call-by-steps (channel unary)
  "As %UNARY-CALL, but cancelled when this thread is interrupted, and left by non-local exits."
  (let* ((options (slot unary %unary options))
         (call (%call-start channel (slot unary %unary method) options))
         (wait (begin-watching call))
         (done nil))
    (unwind-protect
         (cffi:with-foreign-object (trailing :pointer)
           (setf (cffi:mem-ref trailing :pointer) (cffi:null-pointer))
           (waiting (wait)
             (%call-send call (slot-pointer unary %unary request) 1 (cffi:null-pointer))
             (%call-receive call (slot-pointer unary %unary response))
             (%call-wait call (slot-pointer unary %unary status) trailing)
             (setf done t))
           (when (logtest +want-metadata+ (slot options %call-options flags))
             (setf (slot unary %unary initial)
                   (copy-foreign-metadata (%call-initial-metadata call))
                   (slot unary %unary trailing)
                   (copy-foreign-metadata (cffi:mem-ref trailing :pointer)))))
      (uninterrupted
        (end-watching wait)
        (unless done
          (%call-cancel call 1 "the caller left the call"))
        (%call-release call)))))

(defun copy-foreign-metadata (pointer)
  (let ((copy (%metadata-new)))
    (loop for (key . value) in (read-metadata pointer) do (add-metadata copy key value))
    copy))

(defun perform-unary (channel unary timeout metadata flags info)
  "Makes the call of UNARY, whose method and request are filled in."
  (let ((pointer (live-pointer channel))
        (long (and (not (channel-in-process channel))
                   (or (null timeout) (> timeout +long-call-seconds+)))))
    (if (or timeout metadata flags info long)
        (with-foreign-metadata (foreign metadata)
          (with-struct (options %call-options)
            (fill-call-options options timeout flags foreign info)
            (setf (slot unary %unary options) options)
            (if long
                (call-by-steps pointer unary)
                (call-at-once pointer unary))))
        (call-at-once pointer unary))))

(defun passing-p (channel method metadata)
  "Whether the request is to be passed as it is. The library keeps one with metadata, as bytes."
  (and (channel-in-process channel)
       (null metadata)
       (not (eq (rpc-request (bound-method-rpc method)) :bytes))
       (takes-p (bound-method-taker method))))

(defun pass-unary (channel method unary request timeout flags info)
  "A call whose request is passed as it is, and whose response may come so: what TAKE-OUTCOME answers."
  (let* ((rpc (bound-method-rpc method))
         (request-type (find-message-type (rpc-request rpc)))
         (response-type (find-message-type (rpc-response rpc))))
    (check-passable request request-type)
    (let ((request (take-passage request)) (response (take-passage nil)))
      (unwind-protect
           (progn
             (fill-passed (slot-pointer unary %unary request)
                          (table-of request-type) (passage-number request))
             (setf (slot unary %unary response-type) (table-of response-type)
                   (slot unary %unary response-place)
                   (cffi:make-pointer (passage-number response)))
             (perform-unary channel unary timeout nil flags info)
             (note-taken (bound-method-taker method) request)
             (take-outcome unary rpc info response))
        (give-back request)
        (give-back response)))))

(defun attempt-unary (client rpc request timeout metadata flags info)
  "One call: the response, and the CALL-INFO; or NIL and the STATUS-ERROR."
  (let ((channel (client-channel client)) (method (client-method client rpc)))
    (with-struct (unary %unary)
      (set-size unary %unary)
      (setf (slot unary %unary method) (bound-method-pointer method))
      (cond ((passing-p channel method metadata)
             (pass-unary channel method unary request timeout flags info))
            (t
             (with-writer (writer)
               (write-payload writer request (rpc-request rpc))
               (with-payload ((slot-pointer unary %unary request) writer)
                 (perform-unary channel unary timeout metadata flags info)))
             (take-outcome unary rpc info))))))

(defun unary (client rpc request timeout metadata flags info)
  "Calls RPC. Returns the response, and the CALL-INFO as second value if INFO is true."
  (loop
    (multiple-value-bind (response outcome)
        (attempt-unary client rpc request timeout metadata flags info)
      (unless (typep outcome 'status-error)
        (return (values response outcome)))
      (restart-case (error outcome)
        (retry ()
          :report (lambda (stream) (format stream "Call ~A.~A again."
                                           (rpc-service rpc) (rpc-name rpc))))
        (use-value (value)
          :report "Answer a value instead of the response."
          :interactive (lambda ()
                         (format *query-io* "The value (evaluated): ")
                         (list (eval (read *query-io*))))
          (return value))))))

(defun retry (&optional condition)
  "Makes the call again that CONDITION came of: invokes the restart RETRY, if there is one."
  (let ((restart (find-restart 'retry condition)))
    (when restart (invoke-restart restart))))

(defun call-bytes (channel service method request &key timeout metadata flags info)
  "A unary call without generated code: REQUEST and the response are octets, SERVICE and METHOD names as
in the .proto (\"calc.v1.Calc\", \"Add\"). Signals STATUS-ERROR."
  (let ((client (%make-raw-client channel)))
    (unary client (raw-rpc service method :unary) (octets-of request) timeout metadata flags info)))
