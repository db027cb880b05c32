;;;; PolyCall on SBCL on the same work; the same command line as the other programs:
;;;;
;;;;   bench_lisp client --target T --bench latency ...
;;;;   bench_lisp client --bench inproc --library FILE

(defpackage :bench-client
  (:use :common-lisp)
  (:export #:main))

(in-package :bench-client)

(defparameter *address* "inproc:bench-lisp")

(declaim (inline now))
(defun now ()
  "Nanoseconds of the monotonic clock."
  (multiple-value-bind (seconds nanoseconds) (sb-unix::clock-gettime 1) ; CLOCK_MONOTONIC
    (declare (type (unsigned-byte 32) seconds nanoseconds))
    (the fixnum (+ (* seconds 1000000000) nanoseconds))))

(defun option (name arguments &optional fallback)
  (or (second (member name arguments :test #'string=)) fallback))

(defun pin (core)
  (cffi:with-foreign-object (mask :uint64)
    (setf (cffi:mem-ref mask :uint64) (ash 1 core))
    (cffi:foreign-funcall "sched_setaffinity" :int 0 :size 8 :pointer mask :int)))

(defun measure (call seconds most)
  "Runs CALL for SECONDS after a warm-up. Answers the sorted times, wall time and processor time in ns."
  (declare (type function call) (type fixnum most) (optimize speed))
  (let ((samples (make-array most :element-type 'fixnum)) (count 0)
        (warm (+ (now) (the fixnum (round (* seconds 150000000))))))
    (declare (type fixnum count))
    (loop while (< (now) (the fixnum warm)) do (funcall call))
    (let* ((cpu (get-internal-run-time)) (begin (now)) (before begin)
           (end (+ begin (the fixnum (round (* seconds 1000000000))))))
      (declare (type fixnum before end))
      (loop while (and (< before end) (< count most))
            do (funcall call)
               (let ((after (now)))
                 (setf (aref samples count) (- after before) before after))
               (incf count))
      (values (sort (subseq samples 0 count) #'<) (- before begin)
              (round (* (- (get-internal-run-time) cpu) 1000000000)
                     internal-time-units-per-second)))))

(defun quantile (sorted share)
  (aref sorted (max 0 (min (1- (length sorted)) (1- (round (* share (length sorted))))))))

(defun serve-here (library)
  (cffi:load-foreign-library library)
  (unless (zerop (cffi:foreign-funcall "bench_in_process_serve" :string *address* :int))
    (error "the C++ server did not start")))

(defun main (arguments)
  (let ((bench (option "--bench" arguments "latency"))
        (payload (parse-integer (option "--payload" arguments "32")))
        (seconds (let ((*read-eval* nil)) (read-from-string (option "--seconds" arguments "1"))))
        (most (parse-integer (option "--max-calls" arguments "2000000"))))
    (when (option "--pin" arguments) (pin (parse-integer (option "--pin" arguments))))
    (when (string= bench "inproc") (serve-here (option "--library" arguments)))
    (polycall:with-channel (channel (if (string= bench "inproc")
                                        *address*
                                        (option "--target" arguments)))
      (let ((client (echo.v1:make-echo-service-client channel))
            (message (bench-echo:request payload)))
        (unless (= payload (length (echo.v1:echo-message-payload
                                    (echo.v1:echo-service-echo client message))))
          (error "the answer does not fit the request"))
        (multiple-value-bind (sorted wall cpu)
            (measure (lambda () (echo.v1:echo-service-echo client message :timeout 1)) seconds most)
          (format t "{\"peer\":\"polycall\",\"bench\":\"~a\",\"payload\":~d,\"calls\":~d,~
                     \"p50_ns\":~d,\"p99_ns\":~d,\"wall_ns\":~d,\"client_cpu_ns\":~d,~
                     \"server_cpu_ns\":0}~%"
                  bench payload (length sorted) (quantile sorted 0.5) (quantile sorted 0.99) wall
                  cpu))))))
