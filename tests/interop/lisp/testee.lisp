;;;; The Common Lisp testee:
;;;;
;;;;    client --target T --case C[,C...] --token K [--with-server self|LIBRARY|host:LANG:MODULE]
;;;;    server --target T [--with-client LIBRARY --case C[,C...] --token K]
;;;;
;;;; With the bracketed options both ends are in this process. ../README.md tells what is printed.

(in-package #:interop)

(defun say-error (format &rest arguments)
  (format *error-output* "~?~%" format arguments)
  (finish-output *error-output*))

(defun run-case (target name token)
  "0 if all is as it should be, 1 with the reason as last line, 3 if the case is unknown."
  ;; A case in two steps is named case.step.
  (let ((function (gethash (substitute #\_ #\. name) *cases*)))
    (cond ((null function)
           (say-error "the Common Lisp client has no case '~A'" name)
           3)
          (t (handler-case
                 (with-channel (channel target)
                   (funcall function (make-run target token channel))
                   (check-transport channel (string= name "empty_unary"))
                   0)
               (error (error)
                 (say-error "~A: ~A" (type-of error)
                            (substitute #\Space #\Newline (princ-to-string error)))
                 1))))))

(defun split (text)
  (loop for start = 0 then (1+ end)
        for end = (position #\, text :start start)
        collect (subseq text start end)
        while end))

(defun run-cases (options target run)
  "Several cases one after another, each with its outcome; or one, whose outcome is the exit code."
  (let ((names (split (getf options :case))) (token (getf options :token "0")))
    (if (null (rest names))
        (funcall run target (first names) token)
        (loop for name in names
              for number from 0
              for code = (funcall run target name (format nil "~A.~D" token number))
              do (format t "case ~A ~A~%" name (case code (0 "passed") (3 "unknown") (t "failed")))
                 (finish-output)
              finally (return 0)))))

(defun starts-with (prefix text)
  (and (>= (length text) (length prefix)) (string= prefix text :end2 (length prefix))))

;;; Another language's testee in this process: ../native/testee.h.

(defun load-native (path)
  (cffi:load-foreign-library path))

(defun native-serve (target)
  (cffi:with-foreign-object (address :char 256)
    (unless (zerop (cffi:foreign-funcall "interop_serve" :string target :pointer address
                                                         :size 256 :int))
      (end-process 1))
    (cffi:foreign-string-to-lisp address)))

(defun native-client (target name token)
  (polycall::in-c
    (cffi:foreign-funcall "interop_client" :string target :string name :string token :int)))

(defun run-client (options)
  (let ((with-server (getf options :with-server)) (target (getf options :target)))
    (cond ((null with-server) (run-cases options target #'run-case))
          ((or (string= with-server "self") (starts-with "host:" with-server))
           (let* ((module (unless (string= with-server "self") (subseq with-server 5)))
                  (testee (handler-case (serve target module)
                            (polycall:status-error (error)
                              (say-error "cannot host ~A on ~A: ~A" module target error)
                              (end-process 1)))))
             (prog1 (run-cases options (testee-address testee) #'run-case)
               (stop testee))))
          (t (load-native with-server)
             (prog1 (run-cases options (native-serve target) #'run-case)
               (cffi:foreign-funcall "interop_stop" :void))))))

(defun stop-at-end-of-input (testee)
  "The runner closes our input when it wants us to end, and the kernel does so if it dies."
  (cffi:with-foreign-object (buffer :char 64)
    ;; A signal ends a read with -1 (EINTR), which is no end of the input.
    (loop for size = (polycall::in-c
                       (cffi:foreign-funcall "read" :int 0 :pointer buffer :size 64 :long))
          until (zerop size)
          when (minusp size) do (sleep 0.01)))
  (ask-shutdown testee 2))

(defun run-server (options)
  (let* ((testee (serve (getf options :target)))
         (with-client (getf options :with-client)))
    (cond (with-client
           (load-native with-client)
           (prog1 (run-cases options (testee-address testee) #'native-client)
             (stop testee)))
          (t (format t "listening ~A~%" (testee-address testee))
             (finish-output)
             (polycall::start-thread "input" (lambda () (stop-at-end-of-input testee)))
             (wait-testee testee)
             0))))

(defun parse-options (arguments)
  (loop for (name value) on arguments by #'cddr
        append (let ((option (find name '("--target" "--case" "--token" "--with-server"
                                          "--with-client")
                                   :test #'equal)))
                 (unless option
                   (say-error "unknown option ~A" name)
                   (end-process 2))
                 (list (intern (string-upcase (subseq option 2)) :keyword) value))))

(defun main (arguments)
  "The process ends with the outcome."
  ;; A case measures the growth of a process that this one may share.
  #+sbcl (setf (sb-ext:bytes-consed-between-gcs) (* 4 1024 1024))
  (let ((role (first arguments)) (options (parse-options (rest arguments))))
    (finish-output)
    (let ((code (cond ((equal role "client") (run-client options))
                      ((equal role "server") (run-server options))
                      (t (say-error "the first argument is client or server") 2))))
      (finish-output *standard-output*)
      (finish-output *error-output*)
      (end-process code))))
