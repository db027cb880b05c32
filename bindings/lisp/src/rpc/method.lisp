;;;; Methods as generated code describes them, and the clients that call them.

(in-package #:polycall)

(defparameter *kinds* #(:unary :client-streaming :server-streaming :bidi-streaming))

(defstruct (rpc (:copier nil))
  "One method of a service. Loading generated code again changes the object that is there."
  (service "" :type string)
  (name "" :type string)
  (kind :unary :type keyword)
  (request nil)             ; the symbol of a message type, or :BYTES
  (response nil)
  (flags 0 :type (unsigned-byte 32))
  (timeout-ms 0)
  (handler nil)             ; the generic function's name
  (index 0 :type fixnum))

(quick-readers rpc-kind rpc-request rpc-response rpc-handler)

(defmethod print-object ((rpc rpc) stream)
  (print-unreadable-object (rpc stream :type t)
    (format stream "~A.~A" (rpc-service rpc) (rpc-name rpc))))

(defun kind-number (kind) (position kind *kinds*))

(defstruct (client (:copier nil) (:constructor nil) (:conc-name nil))
  "The base of the clients that generated code defines. Any number of threads may use one at once."
  (client-channel nil :type channel)
  ;; BOUND-METHODs by the rpc's index, made at its first call.
  (client-methods (vector) :type simple-vector))

(defstruct (bound-method (:constructor make-bound-method (rpc pointer)) (:copier nil))
  "An RPC as a client calls it: C's method, and what is known of who serves it."
  rpc pointer
  (taker (make-taker)))
(quick-readers bound-method-rpc bound-method-pointer bound-method-taker)

(defun fill-method-descriptor (pointer rpc)
  "Strings are to be freed by FREE-METHOD-DESCRIPTOR."
  (clear-struct pointer (cffi:foreign-type-size '(:struct %method-descriptor)))
  (set-size pointer %method-descriptor)
  (flet ((type-name (type)
           (if (eq type :bytes)
               (cffi:null-pointer)
               (cffi:foreign-string-alloc (message-type-name (find-message-type type))))))
    (setf (slot pointer %method-descriptor name) (cffi:foreign-string-alloc (rpc-name rpc))
          (slot pointer %method-descriptor kind) (kind-number (rpc-kind rpc))
          (slot pointer %method-descriptor flags) (rpc-flags rpc)
          (slot pointer %method-descriptor timeout) (* 1000000 (rpc-timeout-ms rpc))
          (slot pointer %method-descriptor request-name) (type-name (rpc-request rpc))
          (slot pointer %method-descriptor response-name) (type-name (rpc-response rpc)))))

(defun free-method-descriptor (pointer)
  (cffi:foreign-free (slot pointer %method-descriptor name))
  (free-unless-null (slot pointer %method-descriptor request-name))
  (free-unless-null (slot pointer %method-descriptor response-name)))

(defun resolve-method (channel rpc)
  "C's method for RPC on CHANNEL. The library copies the descriptor."
  (with-struct (descriptor %method-descriptor)
    (fill-method-descriptor descriptor rpc)
    (unwind-protect (%channel-method (live-pointer channel) (rpc-service rpc) descriptor)
      (free-method-descriptor descriptor))))

(defun bind-method (client rpc)
  (let ((entry (make-bound-method rpc (resolve-method (client-channel client) rpc)))
        (index (rpc-index rpc)))
    (when (>= index (length (client-methods client)))
      (let ((larger (make-array (+ 8 (* 2 index)) :initial-element nil)))
        (replace larger (client-methods client))
        (setf (client-methods client) larger)))
    (setf (svref (client-methods client) index) entry)))

(declaim (inline client-method))
(defun client-method (client rpc)
  "The BOUND-METHOD of RPC."
  (let* ((methods (client-methods client))
         (index (rpc-index rpc))
         (entry (when (< index (length methods)) (svref methods index))))
    (if (and entry (eq (bound-method-rpc entry) rpc))
        entry
        (bind-method client rpc))))

;;; Calls without generated code: the messages are octets.

(defstruct (raw-client (:include client) (:conc-name nil)
                       (:constructor %make-raw-client (client-channel))))

(defvar *raw-rpcs* (make-hash-table :test 'equal))
(defvar *raw-rpcs-lock* (make-lock "polycall raw methods"))

(defun raw-rpc (service name kind)
  (let ((key (list service name kind)))
    (with-lock (*raw-rpcs-lock*)
      (or (gethash key *raw-rpcs*)
          (setf (gethash key *raw-rpcs*)
                (make-rpc :service service :name name :kind kind
                          :request :bytes :response :bytes
                          :index (hash-table-count *raw-rpcs*)))))))
