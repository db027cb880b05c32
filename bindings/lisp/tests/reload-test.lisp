;;;; Generated code and handlers change in the running image; servers and clients go on.

(in-package #:polycall-tests)

(defun write-generated (file fields methods)
  (with-open-file (out file :direction :output :if-exists :supersede)
    (format out "(polycall:in-proto-package \"RELOAD.V1\")
(polycall:define-message thing (:name \"reload.v1.Thing\") (number 1 :int32) ~{~A~})
(polycall:define-descriptors %descriptors% \"\")
(polycall:define-service reloaded
 (:name \"reload.v1.Reloaded\" :client reloaded-client :constructor make-reloaded-client
  :service reloaded-service :fingerprint 1 :descriptors %descriptors%)
 ~{~A~})
(polycall:define-proto-file \"reload.proto\")~%" fields methods)))

(defun from-package (name) (find-symbol name "RELOAD.V1"))
(defun call (name &rest arguments) (apply (from-package name) arguments))

(define-test "generated code is loaded again in a live image, while an old server serves"
  (let ((file (format nil "~A/polycall-reload-~D.polycall.lisp" (or (uiop:getenvp "TMPDIR") "/tmp")
                      (cffi:foreign-funcall "getpid" :int)))
        (one "(one \"One\" :unary thing thing :client reloaded-one :future reloaded-one-future)")
        (two "(two \"Two\" :unary thing thing :client reloaded-two :future reloaded-two-future)"))
    (write-generated file '() (list one))
    (polycall:load-generated file)
    (eval `(progn
             (defclass reloaded (,(from-package "RELOADED-SERVICE")) ())
             (defmethod ,(from-package "ONE") ((service reloaded) request context)
               (,(from-package "MAKE-THING") :number 1))))
    (polycall:with-server (old :services (list (make-instance 'reloaded)) :listen "inproc:old")
      (polycall:with-channel (channel "inproc:old")
        (let ((client (call "MAKE-RELOADED-CLIENT" channel)))
          (expect-equal 1 (call "THING-NUMBER" (call "RELOADED-ONE" client (call "MAKE-THING"))))
          ;; A field and a method more; the old server gets a new handler, too.
          (sleep 1.1)                   ; file dates have seconds
          (write-generated file '("(text 2 :string)") (list one two))
          (polycall:load-generated file)
          (eval `(progn
                   (defmethod ,(from-package "ONE") ((service reloaded) request context)
                     (,(from-package "MAKE-THING") :number 10 :text "new"))
                   (defmethod ,(from-package "TWO") ((service reloaded) request context)
                     (,(from-package "MAKE-THING") :number 2 :text "second"))))
          (let ((reply (call "RELOADED-ONE" client (call "MAKE-THING"))))
            (expect-equal 10 (call "THING-NUMBER" reply))
            (expect-equal "new" (call "THING-TEXT" reply)))
          ;; The old server does not know the method that it was not started with; a new one does.
          (expect-error polycall:unimplemented-error
                        (call "RELOADED-TWO" client (call "MAKE-THING")))
          (polycall:with-server (new :services (list (make-instance 'reloaded))
                                     :listen "inproc:new")
            (polycall:with-channel (channel "inproc:new")
              (let ((reply (call "RELOADED-TWO" (call "MAKE-RELOADED-CLIENT" channel)
                                 (call "MAKE-THING"))))
                (expect-equal "second" (call "THING-TEXT" reply))))))))
    (delete-file file)))
