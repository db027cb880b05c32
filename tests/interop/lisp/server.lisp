;;;; The server: it shuts down on a thread of its own, since no handler may do that.

(in-package #:interop)

(defclass shutdown-asked (polycall:interceptor)
  ((request-shutdown :initarg :request-shutdown :reader request-shutdown))
  (:documentation "A module cannot shut down a server that it was lent: its handler only answers."))

(defmethod polycall:call-finished ((interceptor shutdown-asked) call status)
  (when (and (null status)
             (string= (polycall:service-name call) "polycall.testing.PolyCallTestService")
             (string= (polycall:method-name call) "Shutdown"))
    ;; What the case of the graceful shutdown asks for.
    (funcall (request-shutdown interceptor) 15))
  nil)

(defstruct (testee (:constructor %make-testee))
  "A server and the thread that ends it. Any thread may call it."
  server address keeper
  (lock (polycall::make-lock "testee"))
  (changed (polycall::make-condition-variable))
  (grace nil))                          ; guarded by the lock: set when a shutdown is wanted

(defun ask-shutdown (testee grace)
  (polycall::with-plain-lock ((testee-lock testee))
    (unless (testee-grace testee) (setf (testee-grace testee) grace))
    (polycall::wake-all (testee-changed testee))))

(defun keep (testee)
  (polycall::with-plain-lock ((testee-lock testee))
    (loop until (testee-grace testee)
          do (polycall::wait-on (testee-changed testee) (testee-lock testee) 1)))
  (polycall:shutdown-server (testee-server testee) :grace (testee-grace testee))
  (polycall:free-server (testee-server testee)))

(defun serve (target &optional module)
  "Starts a server of our services, or of the MODULE \"LANG:TEXT\"."
  (let* ((testee (%make-testee))
         (ask (lambda (grace) (ask-shutdown testee grace)))
         (server (apply #'polycall:make-server
                        :interceptors
                        (when module
                          (list (make-instance 'shutdown-asked :request-shutdown ask)))
                        (server-settings))))
    (setf (testee-server testee) server)
    (cond (module
           (let ((colon (position #\: module)))
             (polycall:load-module server (subseq module 0 colon) (subseq module (1+ colon)))))
          (t (polycall:add-service server (make-instance 'test))
             (polycall:add-service server (make-instance 'own :request-shutdown ask))))
    (setf (testee-address testee) (polycall:listen-on server target))
    (polycall:start-server server)
    (setf (testee-keeper testee) (polycall::start-thread "keeper" (lambda () (keep testee))))
    testee))

(defun wait-testee (testee)
  (polycall::join-thread (testee-keeper testee)))

(defun stop (testee)
  (ask-shutdown testee 2)
  (wait-testee testee))

(defun register (server)
  "For the host: adds the services to a server that is its owner's to end."
  (polycall:add-service server (make-instance 'test))
  (polycall:add-service server (make-instance 'own :request-shutdown #'identity)))
