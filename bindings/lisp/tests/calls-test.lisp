;;;; Calls of every kind, their errors and their ends.

(in-package #:polycall-tests)

(define-test "a unary call answers over a socket and in the process"
  (dolist (transport '("unix" "inproc"))
    (with-calc (calc channel :transport transport)
      (let ((reply (calc.v1:calc-add calc (request :a 40 :b 2 :text "zwölf 🐙") :timeout 10)))
        (expect-equal 42 (calc.v1:add-reply-value reply))
        (expect-equal "zwölf 🐙" (calc.v1:add-reply-text reply)))
      (expect-equal transport (polycall:channel-transport channel)))))

(define-test "a unary call without a timeout answers too"
  (with-calc (calc channel)
    (expect-equal 3 (calc.v1:add-reply-value (calc.v1:calc-add calc (request :a 1 :b 2))))))

(define-test "a server streams until it is done"
  (with-calc (calc channel)
    (let ((values '()))
      (polycall:do-responses (reply (calc.v1:calc-count calc (request :a 4)))
        (push (calc.v1:add-reply-value reply) values))
      (expect-equal '(3 2 1 0) values))))

(define-test "a client streams a list, a function, or by hand"
  (with-calc (calc channel)
    (let ((requests (list (request :a 1) (request :a 2) (request :a 3))))
      (expect-equal 6 (calc.v1:add-reply-value (calc.v1:calc-sum calc requests)))
      (expect-equal 6 (calc.v1:add-reply-value
                       (calc.v1:calc-sum calc (lambda () (pop requests)))))
      (polycall:with-call (call (calc.v1:calc-sum-stream calc))
        (polycall:send call (request :a 5))
        (expect-equal 5 (calc.v1:add-reply-value (polycall:finish call)))))))

(define-test "both sides stream in turns"
  (with-calc (calc channel)
    (polycall:with-call (call (calc.v1:calc-chat calc))
      (dotimes (i 3)
        (polycall:send call (request :a i))
        (expect-equal i (calc.v1:add-reply-value (polycall:receive call))))
      (polycall:half-close call)
      (expect (null (polycall:receive call))))))

(define-test "a handler's status comes back with message and details"
  (with-calc (calc channel)
    (let ((error (expect-error polycall:not-found-error
                               (calc.v1:calc-odd calc (request :text "fail")))))
      (expect-equal :not-found (polycall:status-code error))
      (expect-equal "no such thing" (polycall:status-message error))
      (expect-equal #(1 2 3) (polycall:status-details error)))))

(define-test "whatever a handler does wrong becomes a status, and the server lives"
  (dolist (transport '("unix" "inproc"))
    (with-calc (calc channel :transport transport)
      (flet ((odd (job) (calc.v1:calc-odd calc (request :text job) :timeout 30)))
        (expect (search "it broke" (polycall:status-message
                                    (expect-error polycall:unknown-error (odd "error")))))
        (expect-error polycall:internal-error (odd "wrong"))
        (expect-error polycall:resource-exhausted-error (odd "stack"))
        (catch 'out (expect-error polycall:unknown-error (odd "leave")))
        (expect-equal "alive" (calc.v1:add-reply-text (odd "alive")))))))

(define-test "a method without a handler is unimplemented"
  (with-calc (calc channel)
    (expect-error polycall:unimplemented-error (calc.v1:calc-slow calc (request)))))

(define-test "the restart retry calls again"
  (with-calc (calc channel)
    (let ((attempts 0))
      (expect-error polycall:not-found-error
                    (handler-bind ((polycall:not-found-error
                                     (lambda (error)
                                       (when (< (incf attempts) 3) (polycall:retry error)))))
                      (calc.v1:calc-odd calc (request :text "fail"))))
      (expect-equal 3 attempts))))

(define-test "the restart use-value answers instead of the server"
  (with-calc (calc channel)
    (expect-equal :instead
                  (handler-bind ((polycall:not-found-error
                                   (lambda (error) (use-value :instead error))))
                    (calc.v1:calc-odd calc (request :text "fail"))))))

(define-test "metadata go both ways"
  (with-calc (calc channel)
    (dolist (timeout '(1 nil))
      (multiple-value-bind (reply info)
          (calc.v1:calc-odd calc (request :text "metadata") :metadata '(("x-key" . "value"))
                                                            :info t :timeout timeout)
        (expect-equal "value" (calc.v1:add-reply-text reply))
        (expect-equal "i" (polycall:metadata-value (polycall:call-info-initial-metadata info)
                                                   "x-initial"))
        (expect-equal #(7) (polycall:metadata-value
                            (polycall:call-info-trailing-metadata info) "x-trailing-bin"))))))

(define-test "what is no metadata is refused"
  (with-calc (calc channel)
    (expect-error polycall:invalid-argument-error
                  (calc.v1:calc-add calc (request) :metadata '(("bad key" . "v"))))
    (expect-error polycall:invalid-argument-error
                  (calc.v1:calc-add calc (request) :metadata '(("key" . 5))))))

(define-test "a deadline ends the call, and its handler knows it"
  (with-calc (calc channel)
    (expect-equal 1 (calc.v1:add-reply-value
                     (calc.v1:calc-odd calc (request :text "time") :timeout 20)))
    (expect-equal 0 (calc.v1:add-reply-value (calc.v1:calc-odd calc (request :text "time"))))
    (expect-error polycall:deadline-exceeded-error
                  (calc.v1:calc-odd calc (request :text "wait") :timeout 0.05))
    (expect-error polycall:deadline-exceeded-error
                  (calc.v1:calc-odd calc (request) :timeout -1))))

(define-test "a call can be cancelled"
  (with-calc (calc channel)
    (polycall:with-call (call (calc.v1:calc-chat calc))
      (polycall:cancel call)
      (expect-error polycall:cancelled-error (polycall:receive call)))))

(define-test "a future has the response, or the error"
  (dolist (transport '("unix" "inproc"))
    (with-calc (calc channel :transport transport)
      (let ((future (calc.v1:calc-add-future calc (request :a 1 :b 1))))
        (expect-equal 2 (calc.v1:add-reply-value (polycall:future-value future :timeout 20)))
        (expect (polycall:future-done-p future)))
      (expect-error polycall:not-found-error
                    (polycall:future-value (calc.v1:calc-odd-future calc (request :text "fail"))
                                           :timeout 20)))))

(define-test "a future that is cancelled ends cancelled"
  (with-calc (calc channel)
    (let ((future (calc.v1:calc-odd-future calc (request :text "wait"))))
      (expect-error polycall:deadline-exceeded-error
                    (polycall:future-value future :timeout 0.05))
      (polycall:future-cancel future)
      (expect-error polycall:cancelled-error (polycall:future-value future :timeout 20)))))

(define-test "a handler may answer later, from another thread"
  (with-calc (calc channel)
    (expect-equal "later" (calc.v1:add-reply-text
                           (calc.v1:calc-odd calc (request :text "later") :timeout 20)))))

#+sbcl
(define-test "an interruption ends a blocking call and cancels it"
  (with-calc (calc channel)
    (expect-error sb-ext:timeout
                  (handler-case (sb-ext:with-timeout 0.2
                                  (calc.v1:calc-odd calc (request :text "wait")))
                    (sb-ext:timeout (condition) (error condition))))
    (expect-equal "after" (calc.v1:add-reply-text
                           (calc.v1:calc-odd calc (request :text "after"))))))

(define-test "leaving with-call cancels the call"
  (with-calc (calc channel)
    (block early
      (polycall:with-call (call (calc.v1:calc-chat calc))
        (polycall:send call (request :a 1))
        (return-from early)))
    (expect-equal "after" (calc.v1:add-reply-text
                           (calc.v1:calc-odd calc (request :text "after"))))))

(define-test "a message of another type is refused before it is sent"
  (with-calc (calc channel)
    (expect-error polycall:encode-error (calc.v1:calc-add calc (reply)))
    (expect-error polycall:encode-error (calc.v1:calc-add calc 5))))

(define-test "a channel that was closed says so"
  (with-calc (calc channel)
    (polycall:close-channel channel)
    (polycall:close-channel channel)
    (expect-error polycall:failed-precondition-error (calc.v1:calc-add calc (request)))))

(define-test "bad targets and options are refused with a text"
  (expect-error polycall:invalid-argument-error (polycall:make-channel "no target"))
  (expect (search "MAKE-CHANNEL" (princ-to-string
                                  (expect-error error (polycall:make-channel "unix:/x"
                                                                             :colour 1))))))

(define-test "nobody there is unavailable"
  (polycall:with-channel (channel "unix:/nowhere/at/all.sock" :max-attempts 1)
    (expect-error polycall:unavailable-error
                  (calc.v1:calc-add (calc.v1:make-calc-client channel) (request) :timeout 5))))

(defclass recorder (polycall:interceptor)
  ((events :initform '() :accessor events)))

(defmethod polycall:call-started ((recorder recorder) call metadata)
  (push (list :started (polycall:method-name call)) (events recorder))
  '(("x-key" . "of the interceptor")))

(defmethod polycall:call-finished ((recorder recorder) call status)
  (push (list :finished (and status (polycall:status-code status))) (events recorder))
  nil)

(define-test "an interceptor sees calls and adds metadata"
  (let ((recorder (make-instance 'recorder)))
    (polycall:with-server (server :services (list (make-instance 'calc)) :listen "inproc:seen")
      (polycall:with-channel (channel "inproc:seen" :interceptors (list recorder))
        (let ((reply (calc.v1:calc-odd (calc.v1:make-calc-client channel)
                                       (request :text "metadata"))))
          (expect-equal "of the interceptor" (calc.v1:add-reply-text reply)))))
    (expect-equal '((:started "Odd") (:finished nil)) (reverse (events recorder)))))

(define-test "a server describes itself and answers for its health"
  (with-calc (calc channel)
    (polycall:wait-ready channel)
    (expect (search "calc.v1.Calc" (polycall:explain channel)))
    (expect (plusp (polycall:ping channel)))
    (expect-equal #(8 1) (polycall:call-bytes channel "grpc.health.v1.Health" "Check" #()))))

(define-test "a donated thread serves until its time is over, or the server has shut down"
  (let ((target (a-socket)) (ended '()))
    (polycall:with-server (server :services (list (make-instance 'calc)) :listen target
                                  :options '(:donated-only t))
      (expect (not (polycall:run-worker server :timeout 0.01)))
      (let ((donor (polycall::start-thread
                    "donor" (lambda () (push (polycall:run-worker server) ended)))))
        (polycall:with-channel (channel target)
          (expect-equal 3 (calc.v1:add-reply-value
                           (calc.v1:calc-add (calc.v1:make-calc-client channel)
                                             (request :a 1 :b 2) :timeout 30))))
        (polycall:shutdown-server server)
        (polycall::join-thread donor)
        (expect-equal '(t) ended)))))

(define-test "a server says of its health what it was told to"
  (let ((target (a-socket)))
    (polycall:with-server (server :services (list (make-instance 'calc)) :listen target)
      (polycall:with-channel (channel target)
        (flet ((health () (polycall:call-bytes channel "grpc.health.v1.Health" "Check" #()
                                               :timeout 30)))
          (expect-equal #(8 1) (health))  ; SERVING
          (polycall:set-serving server "" nil)
          (expect-equal #(8 2) (health))  ; NOT_SERVING
          (polycall:set-serving server "" t)
          (expect-equal #(8 1) (health)))))))

(define-test "a call that waits for its peer is answered once that is there"
  (let ((target (a-socket)) (answer nil))
    (polycall:with-channel (channel target :max-attempts 1)
      (let ((calc (calc.v1:make-calc-client channel)))
        (expect-error polycall:unavailable-error (calc.v1:calc-add calc (request) :timeout 30))
        (let ((caller (polycall::start-thread
                       "caller"
                       (lambda ()
                         (setf answer (calc.v1:calc-add calc (request :a 1 :b 2) :timeout 60
                                                                                 :flags :wait-for-ready))))))
          (polycall:with-server (server :services (list (make-instance 'calc)) :listen target)
            (polycall::join-thread caller))
          (expect-equal 3 (calc.v1:add-reply-value answer)))))))

(define-test "many threads call one server"
  (with-calc (calc channel)
    (let* ((sums (make-array 8 :initial-element 0))
           (calls (parse-integer (or (uiop:getenvp "POLYCALL_LISP_CALLS") "2000")))
           (threads (loop for i below 8
                          collect (let ((i i))
                                    (polycall::start-thread
                                     "caller"
                                     (lambda ()
                                       (dotimes (j calls)
                                         (incf (svref sums i)
                                               (calc.v1:add-reply-value
                                                (calc.v1:calc-add calc (request :a 1 :b 1)
                                                                  :timeout 30))))))))))
      (mapc #'polycall::join-thread threads)
      (expect-equal (make-array 8 :initial-element (* 2 calls)) sums))))
