;;;; Who the other end is.

(in-package #:polycall)

(defstruct (peer-identity (:conc-name identity-) (:constructor make-peer-identity (subject names))
                          (:copier nil))
  "Who a caller is, as far as somebody vouches for it. SUBJECT: its certificate's, \"CN=calc,O=example\", or
NIL when there is none. NAMES: over TLS the certificate's alternative names, each with its kind,
\"DNS:calc.example\", \"URI:spiffe://example/calc\"; within a host \"UID:1000\", vouched for by the kernel."
  (subject nil)
  (names '() :type list))

(setf (documentation 'identity-subject 'function)
      "The subject of a PEER-IDENTITY's certificate; NIL when there is none."
      (documentation 'identity-names 'function)
      "The names of a PEER-IDENTITY, each with its kind: \"DNS:..\", \"URI:..\", \"UID:..\".")

(defun peer-identity (call)
  "Who the caller of CALL is, a handler's context or what a server's interceptor is given: a PEER-IDENTITY.
NIL when nobody vouches for it (plain TCP, or TLS without a client certificate)."
  (with-struct (c %identity)
    (set-size c %identity)
    (when (= 1 (%call-identity (call-pointer-of call) c))
      (let ((names (slot c %identity names)))
        (make-peer-identity
         (foreign-string (slot c %identity subject))
         (loop for i below (slot c %identity name-count)
               collect (foreign-string (cffi:mem-aref names :pointer i))))))))
