;;;; Writes the wire format, from its end to its beginning: so a length is known when it is written,
;;;; and no pass over the message has to reckon sizes beforehand.

(in-package #:polycall)

(declaim (inline make-writer writer-octets writer-at (setf writer-at) (setf writer-octets)))
(defstruct (writer (:constructor make-writer
                     (&optional (size 1024) &aux (octets (make-octets size)) (at size))))
  "What was written stands in OCTETS from AT on."
  (octets (make-octets 0) :type octets)
  (at 0 :type index))
(quick-readers writer-octets writer-at)

(declaim (ftype (function (writer index) (values index &optional)) grow-writer)
         (ftype (function (writer u64) (values null &optional)) put-long-varint)
         (inline reserve put-byte put-varint put-tag put-fixed64 put-fixed32))

(define-fast grow-writer (writer size)
  "Makes room for SIZE bytes; answers where they begin."
  (declare (type writer writer) (type index size))
  (let* ((old (writer-octets writer))
         (used (- (length old) (writer-at writer)))
         (new-size (max (* 2 (length old)) (+ used size 64))))
    (declare (type index used new-size))
    (when (> (+ used size) +max-size+)
      (fail-encode "the message is longer than 2 GiB"))
    (let ((new (make-octets new-size)))
      (copy-octets old (writer-at writer) new (- new-size used) used)
      (setf (writer-octets writer) new
            (writer-at writer) (- new-size used size)))))

(define-fast reserve (writer size)
  "The place of SIZE bytes before what was written."
  (declare (type writer writer) (type index size))
  (let ((at (writer-at writer)))
    (if (>= at size)
        (setf (writer-at writer) (the index (- at size)))
        (grow-writer writer size))))

(define-fast put-byte (writer byte)
  (declare (type writer writer) (type (unsigned-byte 8) byte))
  (let ((at (reserve writer 1)))
    (setf (aref (writer-octets writer) at) byte))
  nil)

(define-fast put-long-varint (writer value)
  (declare (type writer writer) (type u64 value))
  (let* ((size (varint-size value))
         (at (reserve writer size)))
    (declare (type index at) (type (integer 1 10) size))
    (store-varint (writer-octets writer) at value size)))

(define-fast put-varint (writer value)
  (declare (type writer writer) (type u64 value))
  (if (short-varint-p value)
      (put-byte writer value)
      (put-long-varint writer value)))

(define-fast put-tag (writer tag)
  (declare (type writer writer) (type (unsigned-byte 32) tag))
  (put-varint writer tag))

(define-fast put-fixed64 (writer bits)
  (declare (type writer writer) (type u64 bits))
  (let ((at (reserve writer 8)))
    (store-u64 (writer-octets writer) at bits)))

(define-fast put-fixed32 (writer bits)
  (declare (type writer writer) (type (unsigned-byte 32) bits))
  (let ((at (reserve writer 4)))
    (store-u32 (writer-octets writer) at bits)))

(define-fast put-text (writer text)
  (declare (type writer writer) (type text text))
  (let* ((length (length text))
         (at (reserve writer length))
         (octets (writer-octets writer)))
    (declare (type index at length))
    (dotimes (i length)
      (let ((code (char-code (schar text i))))
        (when (>= code 128)
          (let ((rest (encoded-length text i)))
            (declare (type index rest))
            ;; The characters before I take a byte each.
            (setf (writer-at writer) (+ at length))
            (setf at (reserve writer (+ i rest)))
            (encode-utf8 text 0 (writer-octets writer) at)
            (put-varint writer (+ i rest))
            (return-from put-text nil)))
        (setf (aref octets (+ at i)) code)))
    (put-varint writer length)))

(define-fast put-octets (writer bytes)
  "The bytes and their length."
  (declare (type writer writer) (type octets bytes))
  (let* ((length (length bytes))
         (at (reserve writer length)))
    (declare (type index at))
    (copy-octets bytes 0 (writer-octets writer) at length)
    (put-varint writer length)))

(defun put-string (writer string)
  "The characters as UTF-8 and their length. Octets stand for a proto2 string that is not UTF-8."
  (cond ((typep string 'text) (put-text writer string))
        ((octets-p string) (put-octets writer string))
        ((stringp string) (put-text writer (coerce string 'text)))
        (t (fail-encode "~S is not a string" string))))

(defun put-bytes (writer bytes)
  (if (octets-p bytes)
      (put-octets writer bytes)
      (fail-encode "~S is not OCTETS" (type-of bytes))))

(defun put-raw (writer bytes)
  "The bytes without a length: unknown fields."
  (declare (type octets bytes))
  (let ((at (reserve writer (length bytes))))
    (copy-octets bytes 0 (writer-octets writer) at (length bytes))))

(defun writer-result (writer)
  "What was written, as octets of its own."
  (let* ((at (writer-at writer))
         (size (- (length (writer-octets writer)) at))
         (result (make-octets size)))
    (copy-octets (writer-octets writer) at result 0 size)
    result))
