;;;; Eight threads call into a Lisp server while garbage is collected all the time: 100,000 calls, or as
;;;; many as POLYCALL_ENDURANCE_CALLS says.

(in-package #:polycall-tests)

(defconstant +threads+ 8)
(defparameter *calls* (parse-integer (or (uiop:getenv "POLYCALL_ENDURANCE_CALLS") "100000")))
;; More than the memory may waver by, less than a leak of 400 bytes a call would be at the calls above.
(defconstant +slack+ (* 32 1024 1024))

(defun resident-bytes ()
  "What the process holds, after everything that is garbage was collected."
  (sb-ext:gc :full t)
  (with-open-file (file "/proc/self/statm")
    (read file)
    (* 4096 (read file))))

(defun call-from-threads (calc calls)
  "CALLS calls, from all threads at once. The answers that were wrong, and the conditions."
  (let ((threads (loop repeat +threads+
                       collect (sb-thread:make-thread
                                (lambda ()
                                  (handler-case
                                      (dotimes (i (floor calls +threads+))
                                        (let ((reply (calc.v1:calc-add calc (request :a i :b 1))))
                                          (unless (= (1+ i) (calc.v1:add-reply-value reply))
                                            (return (list i reply)))))
                                    (error (condition) (princ-to-string condition))))))))
    (remove nil (mapcar #'sb-thread:join-thread threads))))

(define-test "memory stays flat while eight threads call and garbage is collected"
  (let* ((done nil)
         (collector (sb-thread:make-thread (lambda ()
                                             (loop until done do (sb-ext:gc) (sleep 0.005))))))
    (unwind-protect
         (dolist (transport '("unix" "inproc"))
           (with-calc (calc channel :transport transport)
             (expect-equal '() (call-from-threads calc (floor *calls* 4)))
             (let ((before (resident-bytes))
                   (used (sb-kernel:dynamic-usage)))
               (expect-equal '() (call-from-threads calc *calls*))
               (expect (< (- (resident-bytes) before) +slack+))
               (expect (< (- (sb-kernel:dynamic-usage) used) (floor +slack+ 4))))))
      (setf done t)
      (sb-thread:join-thread collector))))
