;;;; Many calls, many channels, and more messages than anybody reads.

(in-package #:interop)

(define-case "rpc_soak" (run)
  (loop repeat 200 do (call-large-unary (run-test run))))

(define-case "channel_soak" (run)
  (loop repeat 50
        do (with-channel (channel (run-target run))
             (call-large-unary (grpc.testing:make-test-service-client channel)))))

(defun in-threads (count function)
  "Runs FUNCTION on COUNT threads; fails with the first error."
  (let* ((errors (make-array count :initial-element nil))
         (threads (loop for i below count
                        collect (let ((i i))
                                  (polycall::start-thread
                                   "caller"
                                   (lambda ()
                                     (handler-case (funcall function)
                                       (error (error) (setf (svref errors i) error)))))))))
    (mapc #'polycall::join-thread threads)
    (let ((error (find-if #'identity errors)))
      (when error (error error)))))

(define-case "concurrent_calls" (run)
  (let* ((count 1000)
         (key (new-key run "concurrent_calls"))
         (futures (loop for number below count
                        collect (polycall.testing:poly-call-test-service-gather-future
                                 (run-own run)
                                 (polycall.testing:make-gather-request :key key :count count
                                                                       :number number))))
         (numbers (loop for future in futures
                        collect (polycall.testing:gather-reply-number
                                 (polycall:future-value future :timeout 30)))))
    (expect-equal (loop for number below count collect number) numbers "the answers")
    (in-threads 16 (lambda ()
                     (loop repeat 25
                           do (call-empty run)
                              (call-large-unary (run-test run)))))))

(defparameter +flood-count+ 4096)
(defparameter +flood-size+ 16384)

(defun resident-bytes (run)
  ;; Over inproc it is our own process: what the collector has freed, it gives back at a full collection.
  #+sbcl (sb-ext:gc :full t)
  (polycall.testing:memory-resident-bytes
   (polycall.testing:poly-call-test-service-get-memory
    (run-own run) (polycall.testing:make-memory-request))))

(defun wait-until-stopped (run key)
  "Waits until the server has not been able to send for half a second, at most 20 s; answers how many
messages it sent."
  (let ((last -1) (same 0))
    (loop repeat 400
          do (let ((sent (polycall.testing:counters-sent (get-counters run key))))
               (setf same (if (and (= sent last) (plusp last)) (1+ same) 0)
                     last sent)
               (when (= same 10) (return-from wait-until-stopped sent)))
             (sleep 0.05))
    (failed "the server still sends after 20 s: ~D messages" last)))

(define-case "slow_reader_backpressure" (run)
  (let* ((key (new-key run "flood"))
         (request (polycall.testing:make-flood-request :key key :count +flood-count+
                                                       :size +flood-size+))
         (before (resident-bytes run))
         (count 0)
         (megabyte (* 1024 1024)))
    (polycall:with-call (call (polycall.testing:poly-call-test-service-flood (run-own run) request))
      (let* ((sent (wait-until-stopped run key))
             (stopped (resident-bytes run)))
        (expect (<= (* sent +flood-size+) megabyte)
                (format nil "at most 1 MiB unread, found ~D messages of 16 KiB" sent))
        (expect (< (- stopped before) (* 16 megabyte))
                "the stopped server to have grown by less than 16 MiB"))
      (polycall:do-responses (message call)
        (expect-equal count (polycall.testing:flood-message-number message) "the message's number")
        (expect-equal +flood-size+ (length (polycall.testing:flood-message-body message)) "the body")
        (incf count)))
    (expect-equal +flood-count+ count "the count of messages")
    (expect (< (- (resident-bytes run) before) (* 32 megabyte))
            "the server to have grown by less than 32 MiB")))
