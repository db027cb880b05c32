;;;; Callers over inproc whose threads Lisp did not make, and what a handler does to them.

(in-package #:polycall-tests)

(cffi:load-foreign-library (uiop:getenv "FOREIGN_CALLER"))

(defun odd-calls (target text times)
  "The code of TIMES calls of Odd with TEXT, from one new thread of C's."
  (let ((octets (polycall:encode (request :text text))))
    (cffi:with-foreign-object (data :uint8 (length octets))
      (dotimes (i (length octets)) (setf (cffi:mem-aref data :uint8 i) (aref octets i)))
      (polycall::in-c
        (cffi:foreign-funcall "foreign_calls" :string target :pointer data :size (length octets)
                                              :int times :int)))))

(defmacro with-odd ((target) &body body)
  `(let ((,target (format nil "inproc:foreign-~D" (incf *sockets*))))
     (polycall:with-server (server :services (list (make-instance 'calc)) :listen ,target :grace 1)
       ,@body)))

(define-test "a handler serves a thread that Lisp did not make"
  (with-odd (target)
    (expect-equal 0 (odd-calls target "alive" 10))))

(define-test "what a handler does wrong on such a thread becomes a status"
  (with-odd (target)
    (expect-equal 5 (odd-calls target "fail" 2))
    (expect-equal 2 (odd-calls target "error" 2))
    (expect-equal 13 (odd-calls target "wrong" 2))
    (expect-equal 0 (odd-calls target "alive" 1))))
