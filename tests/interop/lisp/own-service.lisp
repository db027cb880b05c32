;;;; polycall.testing.PolyCallTestService in Common Lisp.

(in-package #:interop)

(defclass own (polycall.testing:poly-call-test-service-service)
  ((lock :initform (polycall::make-lock "counters") :reader lock-of)
   ;; Guarded by the lock: key to Counters, key to the contexts that wait to be gathered.
   (counters :initform (make-hash-table :test 'equal) :reader counters)
   (gathered :initform (make-hash-table :test 'equal) :reader gathered)
   (request-shutdown :initarg :request-shutdown :reader request-shutdown
                     :documentation "Begins the shutdown elsewhere and returns; gets the grace in
seconds."))
  (:documentation "Any thread."))

(defmacro with-counters ((counters service key) &body body)
  `(polycall::with-lock ((lock-of ,service))
     (let ((,counters (or (gethash ,key (counters ,service))
                          (setf (gethash ,key (counters ,service))
                                (polycall.testing:make-counters)))))
       ,@body)))

(defmacro counting (service key counter)
  `(with-counters (counters ,service ,key) (incf (,counter counters))))

(defmethod polycall.testing:get-counters ((service own) request context)
  (with-counters (counters service (polycall.testing:counters-request-key request))
    (polycall:copy-message counters)))

(defmethod polycall.testing:get-memory ((service own) request context)
  (let ((pages (with-open-file (file "/proc/self/statm")
                 (read file)
                 (read file))))
    (polycall.testing:make-memory
     :resident-bytes (* pages (cffi:foreign-funcall "sysconf" :int 30 :long))
     :process-id (cffi:foreign-funcall "getpid" :int))))

(defun one-hop-less (request)
  (polycall.testing:make-hop-request :key (polycall.testing:hop-request-key request)
                                     :hops (1- (polycall.testing:hop-request-hops request))
                                     :target (polycall.testing:hop-request-target request)))

(defun call-on (function request)
  (with-channel (channel (polycall.testing:hop-request-target request))
    (funcall function (polycall.testing:make-poly-call-test-service-client channel)
             (one-hop-less request))))

(defmethod polycall.testing:get-time-left ((service own) request context)
  (if (plusp (polycall.testing:hop-request-hops request))
      (call-on #'polycall.testing:poly-call-test-service-get-time-left request)
      (let ((left (polycall:time-left context)))
        (polycall.testing:make-time-left :has-deadline (and left t)
                                         :time-left-us (floor (* (or left 0) 1000000))))))

(defmethod polycall.testing:wait-for-cancel ((service own) request context)
  (let ((key (polycall.testing:hop-request-key request)))
    (if (plusp (polycall.testing:hop-request-hops request))
        (call-on #'polycall.testing:poly-call-test-service-wait-for-cancel request)
        (let ((lock (polycall::make-lock "cancelled"))
              (changed (polycall::make-condition-variable))
              (cancelled nil)
              (end (+ (get-universal-time) 20)))
          (counting service key polycall.testing:counters-started)
          (polycall:on-cancel context (lambda ()
                                        (polycall::with-plain-lock (lock)
                                          (setf cancelled t)
                                          (polycall::wake-all changed))))
          (polycall::with-plain-lock (lock)
            (loop until (or cancelled (> (get-universal-time) end))
                  do (polycall::wait-on changed lock 1)))
          (if cancelled
              (counting service key polycall.testing:counters-cancelled)
              (counting service key polycall.testing:counters-finished))
          (polycall.testing:make-wait-reply)))))

(defmethod polycall.testing:gather ((service own) request context)
  (let ((key (polycall.testing:gather-request-key request)) (all '()))
    (counting service key polycall.testing:counters-started)
    (polycall:defer context)
    (polycall::with-lock ((lock-of service))
      (let ((waiting (push (cons context (polycall.testing:gather-request-number request))
                           (gethash key (gathered service)))))
        (when (= (length waiting) (polycall.testing:gather-request-count request))
          (setf all waiting)
          (remhash key (gathered service)))))
    (loop for (waiting . number) in all
          do (polycall:respond waiting (polycall.testing:make-gather-reply :number number)))))

(defmethod polycall.testing:sleep ((service own) request context)
  (let ((key (polycall.testing:sleep-request-key request)))
    (counting service key polycall.testing:counters-started)
    (sleep (/ (polycall.testing:sleep-request-milliseconds request) 1000))
    (counting service key polycall.testing:counters-finished)
    (polycall.testing:make-sleep-reply)))

(defmethod polycall.testing:flood ((service own) request context)
  (let ((key (polycall.testing:flood-request-key request))
        (body (zeros (polycall.testing:flood-request-size request))))
    (counting service key polycall.testing:counters-started)
    (dotimes (number (polycall.testing:flood-request-count request))
      (polycall:send context (polycall.testing:make-flood-message :number number :body body))
      (counting service key polycall.testing:counters-sent))
    (counting service key polycall.testing:counters-finished)))

(defmethod polycall.testing:hold ((service own) requests context)
  (let ((key nil) (complete nil))
    (unwind-protect
         (progn
           (polycall:do-requests (message requests)
             (unless key
               (setf key (polycall.testing:hold-message-key message))
               (counting service key polycall.testing:counters-started))
             (counting service key polycall.testing:counters-received)
             (polycall:send context message))
           (setf complete (not (polycall:cancelled-p context))))
      (when key
        (if complete
            (counting service key polycall.testing:counters-finished)
            (counting service key polycall.testing:counters-cancelled))))))

(defmethod polycall.testing:throw ((service own) request context)
  (error "this handler always fails"))

(defmethod polycall.testing:echo-narrow ((service own) request context)
  (polycall:copy-message request))

(defmethod polycall.testing:kill ((service own) request context)
  (end-process +died+))

(defmethod polycall.testing:shutdown ((service own) request context)
  (funcall (request-shutdown service)
           (/ (polycall.testing:shutdown-request-grace-ms request) 1000))
  (polycall.testing:make-shutdown-reply))
