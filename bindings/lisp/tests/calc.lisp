;;;; A calculator for the tests of calls.

(in-package #:polycall-tests)

(defclass calc (calc.v1:calc-service) ())

(defun request (&rest fields) (apply #'calc.v1:make-add-request fields))
(defun reply (&rest fields) (apply #'calc.v1:make-add-reply fields))

(defmethod calc.v1:add ((service calc) request context)
  (reply :value (+ (calc.v1:add-request-a request) (calc.v1:add-request-b request))
         :text (calc.v1:add-request-text request)))

(defmethod calc.v1:count ((service calc) request context)
  (dotimes (i (calc.v1:add-request-a request))
    (polycall:send context (reply :value i))))

(defmethod calc.v1:sum ((service calc) requests context)
  (let ((sum 0))
    (polycall:do-requests (request requests) (incf sum (calc.v1:add-request-a request)))
    (reply :value sum)))

(defmethod calc.v1:chat ((service calc) requests context)
  (polycall:do-requests (request requests)
    (polycall:send context (reply :value (calc.v1:add-request-a request)))))

(defun overflow (depth) (1+ (overflow (1+ depth))))

(defmethod calc.v1:odd ((service calc) request context)
  (let ((job (calc.v1:add-request-text request)))
    (cond ((string= job "fail") (polycall:fail :not-found "no such thing" :details #(1 2 3)))
          ((string= job "error") (error "it broke"))
          ((string= job "wrong") 42)
          ((string= job "stack") (reply :value (overflow 0)))
          ((string= job "leave") (throw 'out 1))
          ((string= job "metadata")
           (polycall:send-initial-metadata context '(("x-initial" . "i")))
           (polycall:set-trailing-metadata context '(("x-trailing-bin" . #(7))))
           (reply :text (or (polycall:metadata-value context "x-key") "none")))
          ((string= job "time") (reply :value (if (polycall:time-left context) 1 0)))
          ((string= job "later")
           (polycall:defer context)
           (polycall::start-thread "later"
                                   (lambda () (polycall:respond context (reply :text "later")))))
          ((string= job "wait")
           (loop repeat 500 until (polycall:cancelled-p context) do (sleep 0.01))
           (reply))
          (t (reply :text job)))))

(defmacro with-calc ((calc channel &key (transport "unix")) &body body)
  "A client of a server of its own."
  `(call-with-calc ,transport (lambda (,calc ,channel) (declare (ignorable ,calc ,channel)) ,@body)))

(defvar *sockets* 0)

(defun a-socket ()
  "A target of its own."
  (format nil "unix:~A/polycall-lisp-~D-~D.sock" (or (uiop:getenvp "TMPDIR") "/tmp")
          (cffi:foreign-funcall "getpid" :int) (incf *sockets*)))

(defun call-with-calc (transport function)
  (let ((target (if (string= transport "unix")
                    (a-socket)
                    (format nil "inproc:lisp-~D" (incf *sockets*)))))
    (polycall:with-server (server :services (list (make-instance 'calc)) :listen target :grace 1)
      (polycall:with-channel (channel target :transports (list transport))
        (funcall function (calc.v1:make-calc-client channel) channel)))))
