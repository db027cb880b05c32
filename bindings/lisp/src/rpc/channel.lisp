;;;; Channels.

(in-package #:polycall)

(defstruct (channel (:constructor %make-channel) (:copier nil) (:predicate channelp))
  "The caller's handle on a target. Any number of threads may use it at once."
  (target "" :type string)
  (pointer (cffi:null-pointer))
  (closed nil)
  (in-process nil)
  (interceptors '() :type list))

(setf (documentation 'channel-target 'function) "What the channel was made for.")

(defmethod print-object ((channel channel) stream)
  (print-unreadable-object (channel stream :type t)
    (format stream "~A~:[~; (closed)~]" (channel-target channel) (channel-closed channel))))

(defparameter *channel-options*
  (append '(:connect-timeout :initial-backoff :max-backoff :max-attempts :interceptors :transports
            :user-agent :tls :balancing :rewire-interval :hedging-delay)
          *limit-names*))

(defparameter *balancings* '(nil :pick-first :round-robin :least-in-flight))

(defun balancing-number (balancing)
  (or (position balancing *balancings*)
      (error "MAKE-CHANNEL: ~S is no balancing; known are~{ ~S~}" balancing (rest *balancings*))))

(defun foreign-names (names)
  "A NULL-terminated array of strings; NULL for none."
  (if (null names)
      (cffi:null-pointer)
      (let ((array (cffi:foreign-alloc :pointer :count (1+ (length names)))))
        (loop for name in names
              for i from 0
              do (setf (cffi:mem-aref array :pointer i) (cffi:foreign-string-alloc name)))
        (setf (cffi:mem-aref array :pointer (length names)) (cffi:null-pointer))
        array)))

(defun free-names (array)
  (unless (cffi:null-pointer-p array)
    (loop for i from 0
          for name = (cffi:mem-aref array :pointer i)
          until (cffi:null-pointer-p name) do (cffi:foreign-free name))
    (cffi:foreign-free array)))

(defun make-channel (target &rest options
                     &key connect-timeout initial-backoff max-backoff max-attempts interceptors
                       transports user-agent tls balancing rewire-interval hedging-delay
                     &allow-other-keys)
  "A channel on TARGET: \"inproc:calc\", \"unix:/run/calc.sock\", \"tcp://host:port\", \"tls://host:port\",
\"grpc://host:port\", \"grpcs://host:port\", \"host:port\" (negotiated); or on what stands for several:
\"list:TARGET,TARGET\", \"dns:///host:port\", \"file:///path\" (a target in each line; watched),
\"polycall:///name\" (a service of polycalld). Does not connect yet. To be closed with CLOSE-CHANNEL;
WITH-CHANNEL does.

CONNECT-TIMEOUT (5 s for one attempt), INITIAL-BACKOFF (0.05) and MAX-BACKOFF (10) are seconds;
MAX-ATTEMPTS of one call (3; 1: no retries); INTERCEPTORS: a list; TRANSPORTS: names that may be used,
best first: \"inproc\", \"shm\", \"unix\", \"tcp\", \"tls\", \"grpc\"; USER-AGENT: what the peer's logs show.
TLS: a plist of :CA, :CERTIFICATE and :KEY (PEM files, read again when they change), :SERVER-NAME and
:ALLOW-1-2; BALANCING over several addresses: :PICK-FIRST, :ROUND-ROBIN or :LEAST-IN-FLIGHT;
REWIRE-INTERVAL: how often a channel in use looks for a better way to its peer, and takes it (5 s;
negative: never); HEDGING-DELAY: idempotent unary calls that are not answered after so long are sent to a
second address too (never). Further, the limits: MAX-MESSAGE-SIZE,
MAX-METADATA-SIZE, MAX-CALLS-PER-CONNECTION, CALL-WINDOW, CONNECTION-WINDOW, MAX-PENDING-CALLS,
HANDSHAKE-TIMEOUT, IDLE-TIMEOUT, KEEPALIVE-INTERVAL, KEEPALIVE-TIMEOUT.

INVALID-ARGUMENT-ERROR for a target that is none."
  (check-type target string)
  (check-options options *channel-options* "MAKE-CHANNEL")
  (ensure-library)
  (let* ((numbers (mapcar #'register-object interceptors))
         (names (foreign-names transports))
         (agent (foreign-string-or-null user-agent))
         (array (make-foreign-interceptors numbers))
         (c-tls (cffi:null-pointer)))
    (unwind-protect
         (with-struct (c %channel-options)
           (setf c-tls (make-foreign-tls tls "MAKE-CHANNEL"))
           (set-size c %channel-options)
           (fill-limits (slot-pointer c %channel-options limits) options)
           (setf (slot c %channel-options connect-timeout) (nanoseconds connect-timeout)
                 (slot c %channel-options initial-backoff) (nanoseconds initial-backoff)
                 (slot c %channel-options max-backoff) (nanoseconds max-backoff)
                 (slot c %channel-options max-attempts) (or max-attempts 0)
                 (slot c %channel-options interceptor-count) (length numbers)
                 (slot c %channel-options interceptors) array
                 (slot c %channel-options transports) names
                 (slot c %channel-options thread-hook) (thread-hook)
                 (slot c %channel-options user-agent) agent
                 (slot c %channel-options tls) c-tls
                 (slot c %channel-options balancing) (balancing-number balancing)
                 (slot c %channel-options rewire-interval) (nanoseconds rewire-interval)
                 (slot c %channel-options hedging-delay) (nanoseconds hedging-delay))
           (%make-channel :target target
                          :pointer (with-status (status) (%channel-new target c status))
                          :in-process (and (>= (length target) 7)
                                           (string= "inproc:" target :end2 7))
                          :interceptors numbers))
      (free-names names)
      (free-foreign-tls c-tls)
      (free-unless-null agent)
      (free-unless-null array))))

(defun live-pointer (channel)
  (when (channel-closed channel)
    (fail :failed-precondition (format nil "the channel on ~A was closed" (channel-target channel))))
  (channel-pointer channel))

(defun close-channel (channel)
  "Cancels what is under way and closes the connections. Blocks for callbacks that run; not from one
of this channel's. A second time does nothing."
  (unless (shiftf (channel-closed channel) t)
    (in-c (%channel-free (channel-pointer channel)))
    (mapc #'forget-object (channel-interceptors channel)))
  nil)

(defmacro with-channel ((channel target &rest options) &body body)
  "Runs BODY with CHANNEL bound to a channel on TARGET, and closes it. OPTIONS are MAKE-CHANNEL's."
  `(let ((,channel (make-channel ,target ,@options)))
     (unwind-protect (progn ,@body)
       (close-channel ,channel))))

(defun channel-transport (channel)
  "The transport in use: \"inproc\", \"shm\", \"unix\", \"tcp\", \"tls\" or \"grpc\"; NIL when there is none
now."
  (%channel-transport (live-pointer channel)))

(defun channel-state (channel)
  ":IDLE, :CONNECTING, :READY or :TRANSIENT-FAILURE."
  (ecase (%channel-get-state (live-pointer channel))
    (0 :idle) (1 :connecting) (2 :ready) (3 :transient-failure)))

(defun wait-ready (channel &key (timeout 5))
  "Connects if need be, and blocks until CHANNEL is ready or TIMEOUT (seconds) is over; then signals
the last attempt's STATUS-ERROR."
  (with-status (status)
    (in-c (%channel-wait-ready (live-pointer channel) (nanoseconds timeout) status)))
  channel)

(defun ping (channel &key (timeout 5))
  "Seconds until a ping was answered. Blocks for at most TIMEOUT seconds."
  (cffi:with-foreign-object (round-trip :int64)
    (with-status (status)
      (in-c (%channel-ping (live-pointer channel) (nanoseconds timeout) round-trip status)))
    (/ (cffi:mem-ref round-trip :int64) 1d9)))

(defun explain (channel)
  "What was offered, chosen and refused in the last connection attempt: the text of a JSON object."
  (let ((text (%channel-explain (live-pointer channel))))
    (prog1 (foreign-string text)
      (%string-free text))))
