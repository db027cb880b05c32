;;;; What the runner says about this run by its environment: INTEROP_TRANSPORT, the transport under test, and
;;;; INTEROP_TLS, a folder of certificates (ca, server, client: .pem, .key).

(in-package #:interop)

(defun transport-under-test () (uiop:getenvp "INTEROP_TRANSPORT"))

(defun certificates (role)
  (let ((folder (uiop:getenvp "INTEROP_TLS")))
    (when folder
      (list :ca (format nil "~A/ca.pem" folder)
            :certificate (format nil "~A/~A.pem" folder role)
            :key (format nil "~A/~A.key" folder role)))))

(defun channel-settings ()
  "The transport under test and no other."
  (let ((transport (transport-under-test)))
    (list :tls (certificates "client")
          :transports (cond ((null transport) '())
                            ;; Shared memory is reached over a unix socket.
                            ((string= transport "shm") '("shm" "unix"))
                            (t (list transport))))))

(defun server-settings ()
  (let ((tls (certificates "server")))
    (when tls (list :tls (list* :require-client-certificate t tls)))))

(defun call-with-channel (target function)
  (let ((channel (apply #'polycall:make-channel target (channel-settings))))
    (unwind-protect (funcall function channel)
      (polycall:close-channel channel))))

(defmacro with-channel ((channel target) &body body)
  `(call-with-channel ,target (lambda (,channel) ,@body)))

(defun check-transport (channel must)
  "The channel is on the transport under test, or not connected (unless it MUST be)."
  (let ((wanted (transport-under-test)) (found (polycall:channel-transport channel)))
    (when (and wanted (or found must))
      (expect-equal wanted found "the channel's transport"))))
