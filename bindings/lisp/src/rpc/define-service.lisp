;;;; DEFINE-SERVICE, which generated code consists of.

(in-package #:polycall)

;; This file is compiled last, after any other that was changed.
(setf *binding-date* #.(get-universal-time))

(defun base64-octets (text)
  (let ((octets (make-array (floor (* 3 (length text)) 4) :element-type '(unsigned-byte 8)
                                                          :fill-pointer 0))
        (word 0) (bits 0))
    (loop for char across text
          for digit = (position char "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
          do (when digit
               (setf word (logior (ash (ldb (byte 24 0) word) 6) digit))
               (incf bits 6)
               (when (>= bits 8)
                 (decf bits 8)
                 (vector-push (ldb (byte 8 bits) word) octets))))
    (coerce octets 'octets)))

(defmacro define-descriptors (name text)
  "The serialized FileDescriptorSet that TEXT is in base 64."
  `(defparameter ,name (base64-octets ,text)))

(defvar *rpcs* (make-hash-table :test 'equal) "By service and name.")

(defun define-rpc (&rest options &key service name &allow-other-keys)
  "The RPC of that name with what OPTIONS say: the one that was there, or a new one."
  (let* ((key (list service name))
         (made (apply #'make-rpc options))
         (old (gethash key *rpcs*)))
    (cond ((and old (= (rpc-index old) (rpc-index made)) (eq (rpc-kind old) (rpc-kind made)))
           (setf (rpc-request old) (rpc-request made)
                 (rpc-response old) (rpc-response made)
                 (rpc-flags old) (rpc-flags made)
                 (rpc-timeout-ms old) (rpc-timeout-ms made)
                 (rpc-handler old) (rpc-handler made))
           old)
          (t (setf (gethash key *rpcs*) made)))))

(defun method-doc (doc service name otherwise)
  (format nil "~@[~A~2%~]~A ~A.~A." doc otherwise service name))

(defun client-functions (service client rpcs method index)
  "The functions of one method."
  (destructuring-bind (handler name kind request response
                       &key ((:client function)) future stream doc &allow-other-keys)
      method
    (declare (ignore handler request response))
    (let ((rpc `(the rpc (svref ,rpcs ,index))))
      (flet ((define (symbol lambda-list call verb more)
               `(defun ,symbol (client ,@lambda-list)
                  ,(format nil "~A ~A" (method-doc doc service name verb) more)
                  (declare (type ,client client))
                  ,call)))
        (ecase kind
          (:unary
           (list
            (define function '(request &key timeout metadata flags info)
              `(unary client ,rpc request timeout metadata flags info)
              "Calls"
              "Answers the response; signals STATUS-ERROR, with the restarts RETRY and
USE-VALUE. TIMEOUT: seconds. METADATA: an alist. FLAGS: a list. INFO: a CALL-INFO is wanted as the second
value.")
            (define future '(request &key timeout metadata flags info)
              `(start-future client ,rpc request timeout metadata flags info)
              "Starts" "Answers a FUTURE at once.")))
          (:server-streaming
           (list
            (define function '(request &key timeout metadata flags)
              `(server-streaming client ,rpc request timeout metadata flags)
              "Starts" "Answers the CALL, for DO-RESPONSES or WITH-CALL.")))
          (:client-streaming
           (list
            (define function '(requests &key timeout metadata flags)
              `(client-streaming client ,rpc requests timeout metadata flags)
              "Calls"
              "REQUESTS: a sequence, or a function that answers the next one or NIL. Answers
the response.")
            (define stream '(&key timeout metadata flags)
              `(start-call client ,rpc timeout metadata flags)
              "Starts" "Answers the CALL, for WITH-CALL, SEND and FINISH.")))
          (:bidi-streaming
           (list
            (define function '(&key timeout metadata flags)
              `(start-call client ,rpc timeout metadata flags)
              "Starts" "Answers the CALL, for WITH-CALL, SEND, RECEIVE and HALF-CLOSE."))))))))

(defun handler-generic (service method)
  (destructuring-bind (handler name kind &rest rest) method
    (let ((doc (getf (nthcdr 2 rest) :doc))
          (given (if (member kind '(:unary :server-streaming)) 'request 'requests)))
      `(progn
         (unless (fboundp ',handler)
           (defgeneric ,handler (service ,given context)))
         (setf (documentation ',handler 'function)
               ,(method-doc doc service name
                            (ecase kind
                              (:unary "Answers the response to REQUEST. Serves")
                              (:server-streaming "Sends responses to CONTEXT. Serves")
                              (:client-streaming
                               "Receives from REQUESTS and answers the response. Serves")
                              (:bidi-streaming
                               "Receives from REQUESTS and sends to CONTEXT. Serves"))))))))

(defun unimplemented (service name)
  (fail :unimplemented (format nil "~A.~A has no handler" service name)))

(defun rpc-form (service method index)
  (destructuring-bind (handler name kind request response &key flags timeout-ms &allow-other-keys)
      method
    `(define-rpc :service ,service :name ,name :kind ,kind
                 :request ',request :response ',response
                 :flags ,(or flags 0) :timeout-ms ,(or timeout-ms 0)
                 :handler ',handler :index ,index)))

(defun service-symbols (client constructor class methods)
  "What a service's package exports."
  (list* client constructor class
         (loop for method in methods
               collect (first method)
               append (loop for (key value) on (nthcdr 5 method) by #'cddr
                            when (member key '(:client :future :stream)) collect value))))

(defmacro define-service (short-name (&key name client constructor ((:service class)) fingerprint
                                        descriptors)
                          &body methods)
  "Defines a client and its functions, the class of services and the generic functions of handlers.
METHODS, after an optional docstring: (HANDLER NAME KIND REQUEST RESPONSE &KEY CLIENT FUTURE STREAM FLAGS
TIMEOUT-MS DOC)."
  (declare (ignore short-name))
  (let ((doc (when (stringp (first methods)) (pop methods)))
        (rpcs (local-symbol client "%RPCS-OF-~A"))
        (make (local-symbol client "%MAKE-~A")))
    `(progn
       (eval-when (:compile-toplevel :load-toplevel :execute)
         (export '(,@(service-symbols client constructor class methods))
                 ,(package-name (symbol-package client))))
       (declaim (type simple-vector ,rpcs))
       (defparameter ,rpcs
         (vector ,@(loop for method in methods
                         for index from 0 collect (rpc-form name method index))))
       (defstruct (,client (:include client) (:copier nil) (:predicate nil) (:conc-name nil)
                           (:constructor ,make (client-channel)))
         ,(format nil "~@[~A~2%~]A client of ~A." doc name))
       (defun ,constructor (channel)
         ,(format nil "A client of ~A on CHANNEL, which it borrows." name)
         (check-type channel channel)
         (,make channel))
       ,@(loop for method in methods
               for index from 0
               append (client-functions name client rpcs method index))
       (defclass ,class (service) ()
         (:documentation ,(format nil "~@[~A~2%~]Serves ~A: make a subclass, and methods of~{ ~(~A~)~^,~}."
                                  doc name (mapcar #'first methods))))
       (defmethod service-rpcs ((service ,class))
         (list :name ,name :rpcs (coerce ,rpcs 'list) :descriptors ,descriptors
               :fingerprint ,fingerprint))
       ,@(loop for method in methods
               collect (handler-generic name method)
               collect `(defmethod ,(first method) ((service ,class) request context)
                          (declare (ignore request context))
                          (unimplemented ,name ,(second method))))
       ',class)))
