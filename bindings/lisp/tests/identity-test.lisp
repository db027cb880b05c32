;;;; Which transports may be used, who a caller is, and who may call.

(in-package #:polycall-tests)

(defclass door (calc.v1:calc-service)
  ((caller :initform :nobody :accessor caller))
  (:documentation "Remembers who called."))

(defmethod calc.v1:add ((door door) request context)
  (setf (caller door) (polycall:peer-identity context))
  (reply))

(defun own-name () (format nil "UID:~D" (cffi:foreign-funcall "getuid" :unsigned-int)))

(defun place ()
  (format nil "unix:~A/polycall-lisp-~D-~D.sock" (or (uiop:getenvp "TMPDIR") "/tmp")
          (cffi:foreign-funcall "getpid" :int) (incf *sockets*)))

(defun call-with-house (function target allow options)
  (let ((door (make-instance 'door)))
    (polycall:with-server (server :services (list door) :listen target :allow allow
                                  :options options :grace 1)
      (funcall function door (first (polycall:server-addresses server))))))

(defmacro with-house ((door target &key (listen '(place)) allow options) &body body)
  `(call-with-house (lambda (,door ,target) (declare (ignorable ,door)) ,@body)
                    ,listen ,allow ,options))

(defun visit (target &rest options)
  "The transport that a call took."
  (polycall:with-channel (channel target :max-attempts 1
                                         :transports (getf options :transports)
                                         :tls (getf options :tls))
    (calc.v1:calc-add (calc.v1:make-calc-client channel) (request) :timeout 30)
    (polycall:channel-transport channel)))

(defun certificates (role)
  (let ((folder (uiop:getenvp "POLYCALL_TEST_CERTIFICATES"))) ; ctest makes them first
    (list :ca (format nil "~A/ca.pem" folder) :certificate (format nil "~A/~A.pem" folder role)
          :key (format nil "~A/~A.key" folder role))))

(define-test "a channel keeps to the transports that it is told"
  (with-house (door target)
    (expect-equal "unix" (visit target :transports '("unix")))
    (expect (search "unix" (princ-to-string
                            (expect-error polycall:status-error
                                          (visit target :transports '("tcp"))))))))

(define-test "unknown names are refused"
  (expect (search "pigeon" (princ-to-string
                            (expect-error polycall:invalid-argument-error
                                          (visit "tcp://127.0.0.1:1" :transports '("pigeon"))))))
  (expect-error polycall:invalid-argument-error (polycall:make-server :transports '("pigeon")))
  (expect (search ":COLOUR" (princ-to-string
                             (expect-error error (polycall:make-server :tls '(:colour 1))))))
  (expect (search ":SPREAD" (princ-to-string
                             (expect-error error (polycall:make-channel "unix:/x"
                                                                        :balancing :spread))))))

(define-test "within a host the kernel says who calls"
  (dolist (listen (list (place) "inproc:lisp-who"))
    (with-house (door target :listen listen)
      (visit target)
      (expect (null (polycall:identity-subject (caller door))))
      (expect (member (own-name) (polycall:identity-names (caller door)) :test #'equal)))))

(define-test "over plain TCP nobody vouches for a caller"
  (with-house (door target :listen "tcp://127.0.0.1:0")
    (visit target :transports '("tcp"))
    (expect (null (caller door)))))

(define-test "over TLS it is the caller's certificate"
  (with-house (door target :listen "tls://127.0.0.1:0"
                           :options (list :tls (list* :require-client-certificate t
                                                      (certificates "server"))))
    (expect-equal "tls" (visit target :tls (certificates "client")))
    (expect-equal "CN=interop client" (polycall:identity-subject (caller door)))
    (expect (member "URI:spiffe://polycall.test/interop-client"
                    (polycall:identity-names (caller door)) :test #'equal))
    (expect (search "/no/such/file.pem"
                    (princ-to-string
                     (expect-error polycall:status-error
                                   (visit target :tls '(:ca "/no/such/file.pem"))))))))

(define-test "only those on the list may call"
  (with-house (door target :allow '(("calc.v1.Calc" "UID:4294967294")))
    (expect-error polycall:permission-denied-error (visit target)))
  (with-house (door target :allow (list (list "" "UID:4294967294" (own-name))))
    (visit target)))

(define-test "what is no identity or no service is refused"
  (let ((server (polycall:make-server)))
    (unwind-protect
         (progn
           (polycall:add-service server (make-instance 'door))
           (expect (search "everybody"
                           (princ-to-string
                            (expect-error polycall:invalid-argument-error
                                          (polycall:allow server "calc.v1.Calc" '("everybody"))))))
           (expect-error polycall:not-found-error
                         (polycall:allow server "no.such.Service" '("UID:0"))))
      (polycall:free-server server))))
