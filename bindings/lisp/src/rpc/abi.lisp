;;;; polycall.h, as far as the binding uses it. Structures and numbers are the ABI's.

(in-package #:polycall)

(cffi:defcstruct %status
  (code :int32) (details-size :uint32) (message :pointer) (details :pointer))

(cffi:defcstruct %message
  (data :pointer) (size :size) (buffer :pointer) (type :pointer) (object :pointer))

(cffi:defcstruct %message-type
  (struct-size :size) (name :pointer) (identity :pointer) (encoded-size :pointer) (encode :pointer)
  (retain :pointer) (release :pointer))

(cffi:defcstruct %unary
  (struct-size :size) (method :pointer) (options :pointer)
  (request (:struct %message))
  (response-type :pointer) (response-place :pointer)
  (status (:struct %status))
  (response (:struct %message))
  (initial :pointer) (trailing :pointer))

(cffi:defcstruct %call-options
  (struct-size :size) (timeout :int64) (flags :uint32) (reserved :uint32)
  (metadata :pointer) (parent :pointer) (response-type :pointer))

(cffi:defcstruct %method-descriptor
  (struct-size :size) (name :pointer) (kind :int32) (flags :uint32) (timeout :int64)
  (request-name :pointer) (response-name :pointer))

(cffi:defcstruct %service-descriptor
  (struct-size :size) (name :pointer) (methods :pointer) (method-count :size)
  (method-stride :size) (descriptors :pointer) (descriptors-size :size) (fingerprint :uint64))

(cffi:defcstruct %handler
  (struct-size :size) (fn :pointer) (arg :unsigned-long) (request-type :pointer)
  (asynchronous :uint32) (reserved :uint32))

(cffi:defcstruct %limits
  (struct-size :size) (max-message-size :uint64) (max-metadata-size :uint32)
  (max-calls-per-connection :uint32) (max-connections :uint32) (call-window :uint32)
  (connection-window :uint32) (max-pending-calls :uint32) (handshake-timeout :int64)
  (idle-timeout :int64) (keepalive-interval :int64) (keepalive-timeout :int64))

(cffi:defcstruct %interceptor
  (struct-size :size) (arg :unsigned-long) (started :pointer) (message :pointer)
  (finished :pointer))

(cffi:defcstruct %tls-options
  (struct-size :size) (ca-file :pointer) (certificate-file :pointer) (key-file :pointer)
  (server-name :pointer) (flags :uint32) (reserved :uint32))

(cffi:defcstruct %identity
  (struct-size :size) (subject :pointer) (names :pointer) (name-count :size))

(cffi:defcstruct %channel-options
  (struct-size :size) (limits (:struct %limits)) (connect-timeout :int64)
  (initial-backoff :int64) (max-backoff :int64) (max-attempts :uint32)
  (interceptor-count :uint32) (interceptors :pointer) (transports :pointer)
  (thread-hook :pointer) (user-agent :pointer) (tls :pointer) (balancing :int32)
  (reserved :uint32) (rewire-interval :int64) (hedging-delay :int64))

(cffi:defcstruct %server-options
  (struct-size :size) (limits (:struct %limits)) (max-threads :uint32) (flags :uint32)
  (interceptor-count :uint32) (reserved :uint32) (interceptors :pointer) (thread-hook :pointer)
  (name :pointer) (transports :pointer) (tls :pointer))

(cffi:defcstruct %server-stats
  (struct-size :size) (connections-open :uint64) (connections-accepted :uint64)
  (calls-started :uint64) (calls-in-flight :uint64) (calls-failed :uint64)
  (protocol-errors :uint64) (threads :uint64))

(defun clear-struct (pointer size)
  (cffi:foreign-funcall "memset" :pointer pointer :int 0 :size size :pointer)
  pointer)

(defmacro with-struct ((variable type) &body body)
  "VARIABLE points to a structure of TYPE, all zero."
  `(cffi:with-foreign-object (,variable '(:struct ,type))
     (clear-struct ,variable ,(cffi:foreign-type-size `(:struct ,type)))
     ,@body))

(defmacro slot (pointer type name)
  `(cffi:foreign-slot-value ,pointer '(:struct ,type) ',name))

(defmacro slot-pointer (pointer type name)
  `(cffi:foreign-slot-pointer ,pointer '(:struct ,type) ',name))

(defmacro set-size (pointer type)
  `(setf (slot ,pointer ,type struct-size) ,(cffi:foreign-type-size `(:struct ,type))))

(defmacro define-abi (name result &rest parameters)
  "(DEFINE-ABI CALL-CANCEL :VOID ...) is polycall_call_cancel as %CALL-CANCEL."
  `(progn
     (declaim (inline ,(intern (format nil "%~A" name))))
     (cffi:defcfun (,(format nil "polycall_~(~A~)" (substitute #\_ #\- (string name)))
                    ,(intern (format nil "%~A" name)))
         ,result ,@parameters)))

(define-abi status-set :void (status :pointer) (code :int) (message :string) (details :pointer)
  (size :size))
(define-abi status-clear :void (status :pointer))
(define-abi message-release :void (message :pointer))
(define-abi message-to-bytes :int (message :pointer) (out :pointer) (status :pointer))

(define-abi metadata-new :pointer)
(define-abi metadata-free :void (metadata :pointer))
(define-abi metadata-add :int (metadata :pointer) (key :string) (value :pointer) (size :size)
  (status :pointer))
(define-abi metadata-count :size (metadata :pointer))
(define-abi metadata-get :int (metadata :pointer) (index :size) (key :pointer) (value :pointer)
  (size :pointer))

(define-abi channel-new :pointer (target :string) (options :pointer) (status :pointer))
(define-abi channel-free :void (channel :pointer))
(define-abi channel-method :pointer (channel :pointer) (service :string) (method :pointer))
(define-abi channel-get-state :int (channel :pointer))
(define-abi channel-wait-ready :int (channel :pointer) (timeout :int64) (status :pointer))
(define-abi channel-transport :string (channel :pointer))
(define-abi channel-explain :pointer (channel :pointer))
(define-abi channel-ping :int (channel :pointer) (timeout :int64) (round-trip :pointer)
  (status :pointer))
(define-abi string-free :void (string :pointer))

(define-abi unary-call :int (channel :pointer) (unary :pointer))
(define-abi unary-call-async :void (channel :pointer) (unary :pointer) (done :pointer)
  (arg :unsigned-long) (call :pointer))
(define-abi call-start :pointer (channel :pointer) (method :pointer) (options :pointer))
(define-abi call-release :void (call :pointer))
(define-abi call-retain :void (call :pointer))
(define-abi call-send :int (call :pointer) (message :pointer) (flags :uint32) (status :pointer))
(define-abi call-receive :int (call :pointer) (message :pointer))
(define-abi call-half-close :int (call :pointer))
(define-abi call-cancel :void (call :pointer) (code :int) (message :string))
(define-abi call-initial-metadata :pointer (call :pointer))
(define-abi call-wait :int (call :pointer) (status :pointer) (trailing :pointer))
(define-abi call-service :string (call :pointer))
(define-abi call-method :string (call :pointer))
(define-abi call-time-left :int64 (call :pointer))
(define-abi call-transport :string (call :pointer))
(define-abi call-peer :size (call :pointer) (out :pointer) (size :size))
(define-abi call-identity :int (call :pointer) (identity :pointer))
(define-abi call-finish :void (call :pointer) (status :pointer) (response :pointer))
(define-abi call-response-place :pointer (call :pointer) (type :pointer))
(define-abi call-metadata :pointer (call :pointer))
(define-abi call-send-initial-metadata :int (call :pointer) (metadata :pointer) (status :pointer))
(define-abi call-set-trailing-metadata :int (call :pointer) (metadata :pointer) (status :pointer))
(define-abi call-is-cancelled :int (call :pointer))
(define-abi call-on-cancel :void (call :pointer) (cancelled :pointer) (arg :unsigned-long))

(define-abi server-new :pointer (options :pointer) (status :pointer))
(define-abi server-add-service :int (server :pointer) (service :pointer) (handlers :pointer)
  (stride :size) (arg :unsigned-long) (free-arg :pointer) (status :pointer))
(define-abi server-allow :int (server :pointer) (service :string) (identities :pointer)
  (count :size) (status :pointer))
(define-abi server-listen :int (server :pointer) (target :string) (address :pointer) (size :size)
  (status :pointer))
(define-abi server-start :int (server :pointer) (status :pointer))
(define-abi server-shutdown :void (server :pointer) (grace :int64))
(define-abi server-wait :int (server :pointer) (timeout :int64))
(define-abi server-free :void (server :pointer))
(define-abi server-run-worker :int (server :pointer) (timeout :int64))
(define-abi server-set-serving :void (server :pointer) (service :string) (serving :int))
(define-abi server-get-stats :void (server :pointer) (stats :pointer))

(define-abi log-set :void (level :int) (log :pointer) (arg :unsigned-long))
(define-abi host-declare :int (runtime :string) (exclusions :pointer) (count :size)
  (status :pointer))
