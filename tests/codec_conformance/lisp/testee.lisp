;;;; The testee of Common Lisp. The protocol is in ../README.md.

(defpackage #:codec-testee
  (:use #:common-lisp)
  (:export #:build #:serve))

(in-package #:codec-testee)

(defun type-named (name)
  "The message type of the full NAME, or NIL."
  (let ((package (find-package (string-upcase (subseq name 0 (position #\. name))))))
    (when package
      (do-symbols (symbol package)
        (let ((type (get symbol 'polycall::message-type)))
          (when (and type (string= name (polycall::message-type-name type)))
            (return symbol)))))))

(defvar *types* (make-hash-table :test 'equal))

(defun find-type (name)
  (or (gethash name *types*)
      (setf (gethash name *types*) (type-named name))))

(defun bench (type input iterations)
  "Nanoseconds of ITERATIONS times decoding and encoding."
  (let ((size (length (polycall:encode (polycall:decode type input))))
        (start (now)))
    (dotimes (i iterations)
      (unless (= size (length (polycall:encode (polycall:decode type input))))
        (error "the encoded length changed")))
    (- (now) start)))

(defun now ()
  "Nanoseconds of a monotonic clock."
  (cffi:with-foreign-object (time :int64 2)
    (cffi:foreign-funcall "clock_gettime" :int 1 :pointer time :int)
    (+ (* (cffi:mem-aref time :int64 0) 1000000000) (cffi:mem-aref time :int64 1))))

(defun little-endian (octets start size)
  (loop for i below size sum (ash (aref octets (+ start i)) (* 8 i))))

(defun little-endian-octets (number size)
  (coerce (loop for i below size collect (ldb (byte 8 (* 8 i)) number)) 'polycall:octets))

(defun text-octets (text)
  (polycall::string-octets (coerce text '(simple-array character (*)))))

(defun handle (request)
  "The result and the rest of the answer's body."
  (let* ((action (aref request 0))
         (name-end (+ 2 (aref request 1)))
         (name (map 'string #'code-char (subseq request 2 name-end)))
         (type (find-type name))
         (message-start (if (= action 3) (+ name-end 4) name-end))
         (input (subseq request message-start)))
    (if (or (null type) (not (<= 1 action 3)))
        (values 2 (text-octets (format nil "no type ~A or no action ~D" name action)))
        (handler-case
            (ecase action
              (1 (values 0 (polycall:encode (polycall:decode type input))))
              (2 (polycall:decode type input) (values 0 (text-octets "")))
              (3 (values 0 (little-endian-octets
                            (bench type input (little-endian request name-end 4)) 8))))
          (polycall:decode-error (condition)
            (values 1 (text-octets (princ-to-string condition))))
          (serious-condition (condition)
            (values 3 (text-octets (format nil "~A: ~A" (type-of condition) condition))))))))

(defun read-octets (stream size)
  "SIZE octets, or NIL at the end of the input."
  (let ((octets (make-array size :element-type '(unsigned-byte 8))))
    (when (= size (read-sequence octets stream)) octets)))

(defun serve ()
  #+sbcl (sb-ext:disable-debugger)
  (let ((input #+sbcl (sb-sys:make-fd-stream 0 :element-type '(unsigned-byte 8) :buffering :full)
               #+ecl (ext:make-stream-from-fd 0 :input :element-type '(unsigned-byte 8)))
        (output #+sbcl (sb-sys:make-fd-stream 1 :input nil :output t :buffering :full
                                                :element-type '(unsigned-byte 8))
                #+ecl (ext:make-stream-from-fd 1 :output :element-type '(unsigned-byte 8))))
    (loop
      (let* ((header (or (read-octets input 4) (return)))
             (request (or (read-octets input (little-endian header 0 4)) (return))))
        (multiple-value-bind (result rest) (handle request)
          (write-sequence (little-endian-octets (1+ (length rest)) 4) output)
          (write-byte result output)
          (write-sequence rest output)
          (finish-output output))))))

#+sbcl
(defun build (folder program)
  "Saves a program that serves, with the generated code of FOLDER."
  (let ((*standard-output* (make-broadcast-stream)))
    (dolist (file '("wire2.polycall.lisp" "wire3.polycall.lisp"))
      (polycall:load-generated (merge-pathnames file folder))))
  (sb-ext:save-lisp-and-die program :executable t
                                    :toplevel (lambda ()
                                                (serve)
                                                (sb-ext:exit :code 0 :abort t))))
