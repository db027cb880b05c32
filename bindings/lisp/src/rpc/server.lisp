;;;; Servers.
;;;;
;;;; A thread that Lisp made costs an upcall a tenth of a microsecond, a thread of the library's several:
;;;; so a server's threads are Lisp's, donated to the library. There is always one more than handlers
;;;; run, up to MAX-THREADS.

(in-package #:polycall)

(defclass service () ()
  (:documentation "The base of all services. Generated code defines a subclass for each service of the
.proto; a program makes a subclass of that, and methods of the generic functions."))

(defgeneric service-rpcs (service)
  (:documentation "The name, RPCs, descriptors and fingerprint of a service: a list."))

(defstruct (server (:constructor %make-server) (:copier nil) (:predicate serverp))
  "Services plus listeners. Any thread."
  (pointer nil)
  (borrowed nil)
  (started nil)
  (addresses '())
  (numbers '())             ; of registered objects
  (max-threads 256)
  (workers '())
  (worker-lock (make-lock "polycall workers"))
  (worker-count 0)
  (busy (make-counter)))

(quick-readers server-busy server-worker-count server-max-threads)

(defmethod print-object ((server server) stream)
  (print-unreadable-object (server stream :type t :identity t)
    (format stream "~{~A~^ ~}" (server-addresses server))))

(define-documentation
  (server-addresses "The targets that callers use, as LISTEN-ON answered them, in order."))

(defparameter *server-options*
  (append '(:name :max-threads :interceptors :copy-requests :no-description :donated-only
            :transports :tls)
          *limit-names*))

(defun make-server (&rest options
                    &key name (max-threads 256) interceptors copy-requests no-description
                      donated-only transports tls &allow-other-keys)
  "A server without services yet. To be freed with FREE-SERVER; WITH-SERVER does.

NAME: what callers' EXPLAIN shows; MAX-THREADS: bound of the threads that handlers run on;
INTERCEPTORS: a list; COPY-REQUESTS: callers in this process pass copies; NO-DESCRIPTION: does not serve
polycall.v1.Description; DONATED-ONLY: no threads but those that call RUN-WORKER; TRANSPORTS: names of what
may be spoken on its listeners (\"inproc\", \"shm\", \"unix\", \"tcp\", \"tls\", \"grpc\", \"http\"), all
without it; TLS: a plist of :CERTIFICATE and :KEY (PEM files, read again when they change), :CA of the
callers' certificates, :REQUIRE-CLIENT-CERTIFICATE and :ALLOW-1-2; without it there is no TLS. Further, the
limits that MAKE-CHANNEL names, and MAX-CONNECTIONS."
  (check-options options *server-options* "MAKE-SERVER")
  (ensure-library)
  (let* ((numbers (mapcar #'register-object interceptors))
         (array (make-foreign-interceptors numbers))
         (c-name (foreign-string-or-null name))
         (names (foreign-names transports))
         (c-tls (cffi:null-pointer)))
    (unwind-protect
         (with-struct (c %server-options)
           (setf c-tls (make-foreign-tls tls "MAKE-SERVER"))
           (set-size c %server-options)
           (fill-limits (slot-pointer c %server-options limits) options)
           (setf (slot c %server-options max-threads) max-threads
                 (slot c %server-options flags) (logior 1 (if copy-requests 2 0)
                                                        (if no-description 4 0))
                 (slot c %server-options interceptor-count) (length numbers)
                 (slot c %server-options interceptors) array
                 (slot c %server-options thread-hook) (thread-hook)
                 (slot c %server-options name) c-name
                 (slot c %server-options transports) names
                 (slot c %server-options tls) c-tls)
           (%make-server :pointer (with-status (status) (%server-new c status))
                         :numbers numbers
                         :max-threads (if donated-only 0 max-threads)))
      (free-names names)
      (free-foreign-tls c-tls)
      (free-unless-null array)
      (free-unless-null c-name))))

(defun borrow-server (pointer)
  "A server that a host was handed: services are added to it, the rest is its owner's."
  (%make-server :pointer pointer :borrowed t :max-threads 0))

(defun server-call (server)
  (or (server-pointer server)
      (fail :failed-precondition "the server was freed")))

(defun own-server (server what)
  (when (server-borrowed server)
    (fail :failed-precondition
          (format nil "the server is its host's: a module adds services and does not ~A it" what)))
  (server-call server))

#+sbcl
(cffi:defcallback %free-service :void ((arg :unsigned-long))
  (forget-objects arg))

#+sbcl
(defun free-entry () (cffi:callback %free-service))

(defun add-service (server service)
  "Adds SERVICE, an instance of a subclass of a generated service class. Before START-SERVER. The generic
functions' methods are looked up at each call: a method that is defined anew serves from then on.
ALREADY-EXISTS-ERROR for a service that was added before. Answers SERVICE."
  (destructuring-bind (&key name rpcs descriptors fingerprint) (service-rpcs service)
    (let* ((count (length rpcs))
           (numbers (loop for rpc in rpcs
                          collect (register-object (make-handler rpc service server))))
           (methods (cffi:foreign-alloc '(:struct %method-descriptor) :count (max 1 count)))
           (handlers (cffi:foreign-alloc '(:struct %handler) :count (max 1 count)))
           (c-name (cffi:foreign-string-alloc name))
           (descriptors (or descriptors (make-octets 0)))
           (done nil))
      (loop for rpc in rpcs
            for number in numbers
            for i from 0
            do (fill-method-descriptor (cffi:mem-aptr methods '(:struct %method-descriptor) i) rpc)
               (let ((handler (cffi:mem-aptr handlers '(:struct %handler) i)))
                 (clear-struct handler (cffi:foreign-type-size '(:struct %handler)))
                 (set-size handler %handler)
                 (setf (slot handler %handler fn) (handler-entry (rpc-kind rpc))
                       (slot handler %handler arg) number
                       (slot handler %handler request-type) (table-or-null (rpc-request rpc)))))
      (unwind-protect
           (with-pinned-octets (data descriptors)
             (with-struct (c %service-descriptor)
               (set-size c %service-descriptor)
               (setf (slot c %service-descriptor name) c-name
                     (slot c %service-descriptor methods) methods
                     (slot c %service-descriptor method-count) count
                     (slot c %service-descriptor method-stride)
                     (cffi:foreign-type-size '(:struct %method-descriptor))
                     (slot c %service-descriptor descriptors)
                     (if (zerop (length descriptors)) (cffi:null-pointer) data)
                     (slot c %service-descriptor descriptors-size) (length descriptors)
                     (slot c %service-descriptor fingerprint) (or fingerprint 0))
               (with-status (status)
                 (%server-add-service (server-call server) c handlers
                                      (cffi:foreign-type-size '(:struct %handler))
                                      (register-object numbers) (free-entry)
                                      status))
               (setf done t)))
        (dotimes (i count)
          (free-method-descriptor (cffi:mem-aptr methods '(:struct %method-descriptor) i)))
        (mapc #'cffi:foreign-free (list methods handlers c-name))
        (unless done (mapc #'forget-object numbers)))))
  service)

(defun allow (server service identities)
  "Says who may call SERVICE (a name; \"\" is all that have no list of their own): peers that have one of
IDENTITIES, as IDENTITY-NAMES has them, or a certificate's whole subject (\"CN=..\"). Calls of others end
with PERMISSION-DENIED-ERROR. Before START-SERVER. NOT-FOUND-ERROR for a service that was not added,
INVALID-ARGUMENT-ERROR for an identity of no known kind."
  (let* ((pointer (server-call server))
         (names (foreign-names identities)))
    (unwind-protect
         (with-status (status)
           (%server-allow pointer service names (length identities) status))
      (free-names names)))
  server)

(defun listen-on (server target)
  "Listens on TARGET: \"inproc:name\", \"unix:/path\", \"tcp://host:port\" (port 0: any), \"tls://host:port\"
(takes nothing but TLS; \"tcp\" takes it too if the server has certificates). Before or after START-SERVER. Answers the target that callers use. ALREADY-EXISTS-ERROR when somebody listens there."
  (let ((pointer (own-server server "listen on")))
    (cffi:with-foreign-object (address :char 512)
      (with-status (status) (%server-listen pointer target address 512 status))
      (let ((text (foreign-string address)))
        (setf (server-addresses server) (append (server-addresses server) (list text)))
        text))))

;;; Threads.

(defun add-worker (server)
  "One more thread, unless there are MAX-THREADS."
  (with-lock ((server-worker-lock server))
    (when (and (server-pointer server)
               (< (server-worker-count server) (server-max-threads server)))
      (incf (server-worker-count server))
      (let ((pointer (server-pointer server)))
        (push (start-thread "polycall worker"
                            (lambda () (in-c (%server-run-worker pointer -1))))
              (server-workers server))))))

(defun worker-busy (server)
  ;; Callers over inproc run handlers too, so this may be more than the workers that are busy: then
  ;; there is a thread that was not needed.
  (when (>= (1+ (counter-add (server-busy server) 1)) (server-worker-count server))
    (when (< (server-worker-count server) (server-max-threads server))
      (add-worker server))))
(defun worker-idle (server)
  (counter-add (server-busy server) -1))

(defun start-server (server)
  "Starts serving. Answers SERVER."
  (let ((pointer (own-server server "start")))
    (with-status (status) (%server-start pointer status))
    (setf (server-started server) t)
    (add-worker server)
    (add-worker server))
  server)

(defun run-worker (server &key timeout)
  "Donates this thread: it reads requests and runs handlers. Blocks until shutdown (T) or TIMEOUT seconds
are over (NIL)."
  (let ((pointer (server-call server)))
    (zerop (in-c (%server-run-worker pointer (wait-nanoseconds timeout))))))

(defun shutdown-server (server &key (grace 5))
  "Graceful shutdown: no new calls; those under way have GRACE seconds to end, then they are cancelled.
Blocks until handlers have finished. Not from a handler."
  (let ((pointer (own-server server "shut down")))
    (in-c (%server-shutdown pointer (nanoseconds grace))))
  nil)

(defun wait-server (server &key timeout)
  "Blocks until shutdown has completed (T), or TIMEOUT seconds are over (NIL). An interruption, as
Ctrl-C, ends it."
  (let ((end (when timeout
               (+ (get-internal-real-time) (* timeout internal-time-units-per-second)))))
    ;; In slices, since a wait in C cannot be interrupted.
    (loop
      (let* ((left (when end (/ (- end (get-internal-real-time)) internal-time-units-per-second)))
             (slice (if left (max 0 (min left 1/10)) 1/10)))
        (when (zerop (in-c (%server-wait (own-server server "wait for")
                                         (max 1 (wait-nanoseconds slice)))))
          (return t))
        (when (and left (<= left 0)) (return nil))))))

(defun free-server (server)
  "Shuts SERVER down with no grace if that was not done, waits until no handler runs, and frees it. Not
from a handler. A second time does nothing."
  (let ((pointer (and (server-pointer server) (own-server server "free"))))
    (when pointer
      (when (server-started server) (in-c (%server-shutdown pointer 0)))
      (let ((workers '()))
        (with-lock ((server-worker-lock server))
          (setf workers (shiftf (server-workers server) '())
                (server-max-threads server) 0))
        (mapc #'join-thread workers))
      (setf (server-pointer server) nil)
      (in-c (%server-free pointer))
      (mapc #'forget-object (shiftf (server-numbers server) '()))))
  nil)

(defun call-with-server (function services targets allow grace options)
  (let ((server (apply #'make-server options)))
    (unwind-protect
         (progn
           (dolist (service services) (add-service server service))
           (loop for (service . identities) in allow do (allow server service identities))
           (dolist (target (if (listp targets) targets (list targets))) (listen-on server target))
           (start-server server)
           (multiple-value-prog1 (funcall function server)
             (shutdown-server server :grace grace)))
      (free-server server))))

(defmacro with-server ((server &key services listen allow (grace 5) options) &body body)
  "Runs BODY with SERVER bound to a server of SERVICES (a list of instances) that listens on LISTEN (a
target or a list of them) and was started. At the end it is shut down, with GRACE seconds unless BODY is
left by a non-local exit. ALLOW: an alist from a service's name to the identities that may call it, as
ALLOW has them. OPTIONS: a list, MAKE-SERVER's."
  `(call-with-server (lambda (,server) (declare (ignorable ,server)) ,@body)
                     ,services ,listen ,allow ,grace ,options))

(defun set-serving (server service serving)
  "What the built-in health service answers for SERVICE (a name; \"\" is the server as a whole)."
  (%server-set-serving (server-call server) service (if serving 1 0))
  nil)

(defun server-stats (server)
  "Counters since the start, a plist."
  (with-struct (stats %server-stats)
    (set-size stats %server-stats)
    (%server-get-stats (server-call server) stats)
    (macrolet ((entries (&rest names)
                 `(list ,@(loop for name in names
                                collect (intern (symbol-name name) :keyword)
                                collect `(slot stats %server-stats ,name)))))
      (entries connections-open connections-accepted calls-started calls-in-flight calls-failed
               protocol-errors threads))))
