;;;; Reads the parts of the wire format. Each function is given the input, a place in it and the end
;;;; beyond which it must not look, and answers the value and the place after it.

(in-package #:polycall)

(declaim (ftype (function (octets index index) (values u64 index &optional)) read-long-varint)
         (ftype (function (octets index index) (values (unsigned-byte 32) index &optional))
                read-long-tag)
         (ftype (function (octets index index (unsigned-byte 32) (integer -1 100))
                          (values index &optional))
                skip-field)
         (inline read-varint read-tag read-length read-fixed64 read-fixed32
                 signed-32 signed-64 zigzag-decode-32 zigzag-decode-64))

(define-fast read-long-varint (input at end)
  (declare (type octets input) (type index at end))
  (let ((value 0) (shift 0) (start at))
    (declare (type u64 value) (type (integer 0 70) shift) (type index at))
    (loop
      (when (>= at end)
        (fail-decode start "the input ends within the field"))
      (when (> shift 63)
        (fail-decode start "a varint is longer than 10 bytes"))
      (let ((byte (aref input at)))
        (incf at)
        (setf value (logior value
                            (ldb (byte 64 0) (ash (logand byte 127) (the (integer 0 63) shift)))))
        (when (< byte 128) (return (values value at)))
        (incf shift 7)))))

(define-fast read-varint (input at end)
  (declare (type octets input) (type index at end))
  (let ((byte (if (< at end) (aref input at) 255)))
    (if (< byte 128)
        (values byte (1+ at))
        (read-long-varint input at end))))

(define-fast read-long-tag (input at end)
  (declare (type octets input) (type index at end))
  (let ((tag 0) (start at))
    (declare (type (unsigned-byte 35) tag) (type index at))
    (loop for shift of-type (integer 0 28) in '(0 7 14 21 28)
          do (when (>= at end) (fail-decode start "a tag is malformed"))
             (let ((byte (aref input at)))
               (incf at)
               (setf tag (logior tag (ash (logand byte 127) shift)))
               (when (< byte 128)
                 ;; Bits beyond the 32 that a tag has do not count, as everywhere.
                 (setf tag (ldb (byte 32 0) tag))
                 (when (< tag 8) (fail-decode start "a field has number 0"))
                 (return-from read-long-tag (values tag at)))))
    (fail-decode start "a tag is malformed")))

(define-fast read-tag (input at end)
  (declare (type octets input) (type index at end))
  (let ((byte (aref input at)))
    (if (<= 8 byte 127)
        (values byte (1+ at))
        (read-long-tag input at end))))

(define-fast read-length (input at end)
  "A length that fits before END."
  (declare (type octets input) (type index at end))
  (multiple-value-bind (length next) (read-varint input at end)
    (declare (type u64 length) (type index next))
    ;; protobuf refuses a length of more than 5 bytes even if its upper ones say nothing.
    (when (or (> length (- end next)) (> (- next at) 5))
      (fail-decode at "a length goes beyond the end"))
    (values (the index length) next)))

(define-fast read-fixed64 (input at end)
  (declare (type octets input) (type index at end))
  (when (< (- end at) 8) (fail-decode at "the input ends within the field"))
  (values (load-u64 input at) (the index (+ at 8))))

(define-fast read-fixed32 (input at end)
  (declare (type octets input) (type index at end))
  (when (< (- end at) 4) (fail-decode at "the input ends within the field"))
  (values (load-u32 input at) (the index (+ at 4))))

(define-fast signed-32 (bits)
  (declare (type u64 bits))
  (let ((low (ldb (byte 32 0) bits)))
    (if (logbitp 31 low) (- low (ash 1 32)) low)))

(define-fast signed-64 (bits)
  (declare (type u64 bits))
  (logior (ldb (byte 63 0) bits) (- (mask-field (byte 1 63) bits))))

(define-fast zigzag-decode-32 (bits)
  (declare (type u64 bits))
  (let ((low (ldb (byte 32 0) bits)))
    (logxor (ash low -1) (- (logand low 1)))))

(define-fast zigzag-decode-64 (bits)
  (declare (type u64 bits))
  (if (logbitp 0 bits) (- -1 (the (unsigned-byte 63) (ash bits -1))) (ash bits -1)))

(define-fast read-string (input at end)
  "A length and a string that is UTF-8."
  (declare (type octets input) (type index at end))
  (multiple-value-bind (length next) (read-length input at end)
    (declare (type index length next))
    (let ((stop (+ next length)))
      (values (or (decode-ascii input next length)
                  (decode-utf8 input next stop)
                  (fail-decode at "a string is not UTF-8"))
              stop))))

(define-fast read-loose-string (input at end)
  "The same for proto2, which lets any bytes be a string: what is not UTF-8 is given as octets."
  (declare (type octets input) (type index at end))
  (multiple-value-bind (length next) (read-length input at end)
    (declare (type index length next))
    (let ((stop (+ next length)))
      (values (or (decode-ascii input next length)
                  (decode-utf8 input next stop)
                  (subseq input next stop))
              stop))))

(define-fast read-bytes (input at end)
  "A length and so many octets."
  (declare (type octets input) (type index at end))
  (multiple-value-bind (length next) (read-length input at end)
    (declare (type index length next))
    (let ((bytes (make-octets length)))
      (copy-octets input next bytes 0 length)
      (values bytes (the index (+ next length))))))

(define-fast skip-field (input at end tag depth)
  "The place after the value of a field that nobody knows. AT is after its tag."
  (declare (type octets input) (type index at end) (type (unsigned-byte 32) tag)
           (type (integer -1 100) depth))
  (flet ((advance (size)
           (when (< (- end at) (the index size))
             (fail-decode at "the input ends within the field"))
           (the index (+ at (the index size)))))
    (ecase (logand tag 7)
      (#.+varint+ (nth-value 1 (read-varint input at end)))
      (#.+fixed64+ (advance 8))
      (#.+fixed32+ (advance 4))
      (#.+bytes+ (multiple-value-bind (length next) (read-length input at end)
                   (declare (type index length next))
                   (the index (+ next length))))
      (#.+start-group+
       (when (< (decf depth) 0) (fail-decode at "messages are nested deeper than 100"))
       (loop
         (when (>= at end) (fail-decode at "a group has no end"))
         (multiple-value-bind (inner next) (read-tag input at end)
           (declare (type (unsigned-byte 32) inner) (type index next))
           (when (= (logand inner 7) +end-group+)
             (unless (= (ash inner -3) (ash tag -3))
               (fail-decode at "a group ends with another's number"))
             (return next))
           (setf at (skip-field input next end inner depth)))))
      (#.+end-group+ (fail-decode at "a group ends that never began"))
      ((6 7) (fail-decode at "the wire type is none of protobuf's")))))
