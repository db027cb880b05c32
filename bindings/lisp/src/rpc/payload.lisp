;;;; Messages on their way to and from C: encoded into, and copied to, buffers that are used again.

(in-package #:polycall)

(define-pool *writers* push-writer pop-writer)

(defconstant +kept-buffer-size+ (* 1024 1024)
  "A greater buffer is left to the garbage collector after use.")

(declaim (inline take-writer return-writer))
(defun take-writer ()
  (or (pop-writer) (make-writer 4096)))

(define-fast return-writer (writer)
  (declare (type writer writer))
  (let ((size (length (writer-octets writer))))
    (declare (type index size))
    (when (<= size +kept-buffer-size+)
      (setf (writer-at writer) size)
      (push-writer writer)))
  nil)

(defmacro with-writer ((writer) &body body)
  "WRITER is for BODY alone: a nested call, of a handler say, takes another one."
  `(let ((,writer (take-writer)))
     (multiple-value-prog1 (progn ,@body)
       (return-writer ,writer))))

(defun write-payload (writer message type)
  "Encodes MESSAGE, which is to be of the message type TYPE, or octets where TYPE is :BYTES."
  (if (eq type :bytes)
      (put-raw writer (octets-of message))
      (let* ((type (find-message-type type)) (name (message-type-symbol type)))
        (unless (eq (type-of message) name) (fail-other-type message type))
        (write-message writer message type))))

(defun fail-other-type (message type)
  (error 'encode-error :message-name (message-type-name type)
                       :reason (format nil "~S is not a ~(~A~)" message (message-type-symbol type))))

(defmacro with-payload ((pointer writer) &body body)
  "POINTER: a C message of what WRITER wrote. Its bytes do not move during BODY."
  (let ((data (gensym)))
    `(with-pinned-octets (,data (writer-octets ,writer))
       (setf (slot ,pointer %message data) (cffi:inc-pointer ,data (writer-at ,writer))
             (slot ,pointer %message size) (- (length (writer-octets ,writer))
                                              (writer-at ,writer)))
       ,@body)))

(define-fast room-in (writer size)
  "WRITER's buffer, empty, with room for SIZE octets."
  (declare (type writer writer) (type index size))
  (when (> size (length (writer-octets writer)))
    (setf (writer-octets writer) (make-octets (* 2 size))))
  (let ((octets (writer-octets writer)))
    (setf (writer-at writer) (length octets))
    octets))

(defun read-payload (writer message type)
  "What the C message holds, decoded as TYPE; octets where that is :BYTES. WRITER's buffer is used."
  (let ((size (slot message %message size)))
    (if (eq type :bytes)
        (foreign-octets (slot message %message data) size)
        (progn
          (let ((octets (room-in writer size)))
            (copy-from-foreign (slot message %message data) octets size)
            (read-message (find-message-type type) octets 0 size))))))

(declaim (inline passed-p))
(defun passed-p (message)
  "Whether the C message is one of this image's, see passing.lisp."
  (not (cffi:null-pointer-p (slot message %message type))))

(defun take-payload (message type)
  "The same for a message that is ours to release, and may have been passed as it is."
  (if (passed-p message)
      (take-passed message type)
      (unwind-protect (with-writer (writer) (read-payload writer message type))
        (%message-release message))))

(defun unreadable-error (condition what)
  "The status of a message that came and cannot be read."
  (make-status-error :internal (format nil "the ~A is unreadable: ~A" what condition)))
