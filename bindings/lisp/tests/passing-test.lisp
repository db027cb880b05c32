;;;; Messages that are passed as they are, to an end in the same image.

(in-package #:polycall-tests)

(defclass mirror (calc.v1:calc-service)
  ((seen :initform '() :accessor seen)
   (answers :initform '() :accessor answers)
   (entered :initform nil :accessor entered))
  (:documentation "Keeps what it gets and what it answers."))

(defun answer (mirror request)
  (push request (seen mirror))
  (first (push (reply :value (calc.v1:add-request-a request) :text (calc.v1:add-request-text request))
               (answers mirror))))

(defmethod calc.v1:add ((mirror mirror) request context)
  (answer mirror request))

(defmethod calc.v1:count ((mirror mirror) request context)
  (dotimes (i (calc.v1:add-request-a request))
    (polycall:send context (answer mirror request))))

(defmethod calc.v1:sum ((mirror mirror) requests context)
  (let ((last nil))
    (polycall:do-requests (request requests) (setf last (answer mirror request)))
    last))

(defmethod calc.v1:chat ((mirror mirror) requests context)
  (polycall:do-requests (request requests)
    (polycall:send context (answer mirror request))))

(defmethod calc.v1:odd ((mirror mirror) request context)
  (let ((job (calc.v1:add-request-text request)))
    (cond ((string= job "later")
           (polycall:defer context)
           (polycall::start-thread
            "later" (lambda () (polycall:respond context (answer mirror request)))))
          ((string= job "fail") (polycall:fail :not-found "no such thing"))
          ((string= job "wrong") request)
          ((string= job "wait")
           (setf (entered mirror) t)
           (loop repeat 3000 until (polycall:cancelled-p context) do (sleep 0.01))
           (answer mirror request))
          (t (answer mirror request)))))

(defmacro with-mirror ((mirror calc &key (target '(here "mirror")) server-options channel-options)
                       &body body)
  `(let ((,mirror (make-instance 'mirror)) (target ,target))
     (polycall:with-server (server :services (list ,mirror) :listen target :grace 1
                                   :options ,server-options)
       (polycall:with-channel (channel target ,@channel-options)
         (polycall:wait-ready channel)
         (let ((,calc (calc.v1:make-calc-client channel)))
           ,@body)))))

(defun here (name) (format nil "inproc:lisp-~A" name))

(define-test "a handler in this image gets the request itself, and its caller the response"
  (with-mirror (mirror calc)
    (dolist (timeout '(nil 30 nil))
      (let* ((request (request :a 5)) (reply (calc.v1:calc-add calc request :timeout timeout)))
        (expect (eq request (first (seen mirror))))
        (expect (eq reply (first (answers mirror))))))))

(define-test "metadata of the answer come with a response that is passed"
  (with-mirror (mirror calc)
    (multiple-value-bind (reply info) (calc.v1:calc-add calc (request) :info t)
      (expect (eq reply (first (answers mirror))))
      (expect-equal '() (polycall:call-info-trailing-metadata info)))))

(define-test "a call with metadata is answered as over a socket"
  (with-mirror (mirror calc)
    (expect-equal 4 (calc.v1:add-reply-value
                     (calc.v1:calc-add calc (request :a 4) :metadata '(("x-key" . "v")))))))

(define-test "a handler that answers later passes the response itself too"
  (with-mirror (mirror calc)
    (let* ((request (request :text "later")) (reply (calc.v1:calc-odd calc request :timeout 30)))
      (expect (eq request (first (seen mirror))))
      (expect (eq reply (first (answers mirror)))))))

(define-test "messages of streams are passed as they are"
  (with-mirror (mirror calc)
    (let ((replies '()))
      (polycall:do-responses (reply (calc.v1:calc-count calc (request :a 3)))
        (push reply replies))
      (expect-equal 3 (length replies))
      (expect (every #'eq replies (answers mirror))))
    (let* ((requests (list (request :a 1) (request :a 2)))
           (reply (calc.v1:calc-sum calc requests)))
      (expect (eq reply (first (answers mirror))))
      (expect (every #'eq (reverse requests) (seen mirror))))
    (polycall:with-call (call (calc.v1:calc-chat calc))
      (dotimes (i 3)
        (let ((request (request :a i)))
          (polycall:send call request)
          (let ((reply (polycall:receive call)))
            (expect (eq request (first (seen mirror))))
            (expect (eq reply (first (answers mirror)))))))
      (polycall:half-close call)
      (expect (null (polycall:receive call))))))

(define-test "over a socket bytes travel, and the answer is the same"
  (with-mirror (mirror calc :target (a-socket))
    (let* ((request (request :a 5)) (reply (calc.v1:calc-add calc request)))
      (expect (not (eq request (first (seen mirror)))))
      (expect (polycall:message= request (first (seen mirror))))
      (expect (not (eq reply (first (answers mirror)))))
      (expect (polycall:message= reply (first (answers mirror)))))))

(define-test "a server that asked for copies of requests gets them"
  (with-mirror (mirror calc :server-options '(:copy-requests t))
    (dotimes (i 5)
      (let ((request (request :a i)))
        (expect-equal i (calc.v1:add-reply-value (calc.v1:calc-add calc request)))
        (expect (not (eq request (first (seen mirror)))))
        (expect (polycall:message= request (first (seen mirror))))))))

(define-test "an interceptor sees the bytes of a message that is passed"
  (let ((watcher (make-instance 'watcher)) (request (request :a 5 :text "seen")))
    (with-mirror (mirror calc :server-options (list :interceptors (list watcher)))
      (calc.v1:calc-add calc request)
      (expect (find (polycall:encode request) (bytes watcher) :test #'equalp))
      (expect (find (polycall:encode (first (answers mirror))) (bytes watcher) :test #'equalp)))))

(defclass watcher (polycall:interceptor) ((bytes :initform '() :accessor bytes)))

(defmethod polycall:message-passed ((watcher watcher) call message sent)
  (push message (bytes watcher)))

(define-test "what a handler does wrong becomes a status where messages are passed too"
  (with-mirror (mirror calc)
    (flet ((odd (text) (calc.v1:calc-odd calc (request :text text))))
      (expect-error polycall:not-found-error (odd "fail"))
      (expect-error polycall:internal-error (odd "wrong"))
      (expect-error polycall:encode-error (calc.v1:calc-odd calc (reply)))
      (expect-equal "alive" (calc.v1:add-reply-text (odd "alive"))))))

(define-test "a required field that is absent is found in a message that would be passed"
  (let ((type 'hazards.proto2:required))
    (expect-error polycall:encode-error
                  (polycall::check-passable (hazards.proto2:make-required)
                                            (polycall::find-message-type type)))))

(defun passages-in-use ()
  (count-if (lambda (passage) (and passage (polycall::passage-message passage))) polycall::*passages*))

(defun gives-all-back-p ()
  "Whether all passages become free, within a time that is long."
  (loop repeat 3000 thereis (zerop (passages-in-use)) do (sleep 0.01)))

(define-test "a message that was passed is given free when its call has ended, however it does"
  (expect (gives-all-back-p))
  (with-mirror (mirror calc)
    (calc.v1:calc-add calc (request))
    (expect-error polycall:not-found-error (calc.v1:calc-odd calc (request :text "fail")))
    (expect-error polycall:deadline-exceeded-error
                  (calc.v1:calc-odd calc (request :text "wait") :timeout 0.05))
    (polycall:with-call (call (calc.v1:calc-chat calc))
      (polycall:send call (request)))   ; cancelled, its answer not received
    (polycall:with-call (call (calc.v1:calc-count calc (request :a 1000)))
      (polycall:receive call))          ; and a thousand that nobody takes
    (expect (gives-all-back-p))))

#+sbcl ; ECL does not define a structure anew with other slots
(define-test "a message that is defined anew with other fields is encoded for those who knew the old one"
  (let ((definition (lambda (fields)
                      `(polycall:define-message passed-thing (:name "tests.PassedThing") ,@fields)))
        (type (lambda () (polycall::find-message-type 'passed-thing))))
    (funcall (compile nil `(lambda () ,(funcall definition '((a 1 :int64))))))
    (let ((first (polycall::table-of (funcall type))))
      (eval (funcall definition '((a 1 :int64))))
      (expect (cffi:pointer-eq first (polycall::table-of (funcall type))))
      (eval (funcall definition '((a 1 :int64) (b 2 :string))))
      (expect (not (cffi:pointer-eq first (polycall::table-of (funcall type))))))))

(define-test "eight threads pass messages to each other"
  (with-mirror (mirror calc)
    (let* ((wrong 0)
           (threads (loop repeat 8
                          collect (polycall::start-thread
                                   "passer"
                                   (lambda ()
                                     (dotimes (i 500)
                                       (unless (= i (calc.v1:add-reply-value
                                                     (calc.v1:calc-add calc (request :a i))))
                                         (incf wrong))))))))
      (mapc #'polycall::join-thread threads)
      (expect-equal 0 wrong)
      (expect (gives-all-back-p)))))
