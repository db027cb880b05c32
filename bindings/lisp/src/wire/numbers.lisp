;;;; Arithmetic on the numbers of the wire format.

(in-package #:polycall)

(declaim (ftype (function (octets index index) (values u64 index &optional)) read-long-varint)
         (inline low-32 signed-32 signed-64 zigzag-decode-32 zigzag-decode-64
                 unsigned-32 unsigned-64 zigzag-32 zigzag-64 short-varint-p varint-size field-number-of octets-p))

(define-fast low-32 (bits)
  (declare (type u64 bits))
  (ldb (byte 32 0) bits))

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

(define-fast unsigned-32 (value)
  (declare (type (signed-byte 32) value))
  (ldb (byte 32 0) value))

(define-fast unsigned-64 (value)
  (declare (type (signed-byte 64) value))
  (ldb (byte 64 0) value))

(define-fast zigzag-32 (value)
  (declare (type (signed-byte 32) value))
  (logxor (ldb (byte 32 0) (ash value 1)) (ldb (byte 32 0) (ash value -31))))

(define-fast zigzag-64 (value)
  (declare (type (signed-byte 64) value))
  (logxor (ldb (byte 64 0) (ash value 1)) (ldb (byte 64 0) (ash value -63))))

(define-fast field-number-of (tag)
  (declare (type (unsigned-byte 32) tag))
  (ash tag -3))

(defmacro nonzero-p (integer signed)
  (declare (ignore signed))
  `(/= 0 ,integer))

(define-fast short-varint-p (value)
  "Whether VALUE takes one byte."
  (declare (type u64 value))
  (< value 128))

(define-fast varint-size (value)
  "How many bytes VALUE takes."
  (declare (type u64 value))
  (the (integer 1 10) (max 1 (ceiling (integer-length value) 7))))

(define-fast store-varint (octets at value size)
  "Writes VALUE, which takes SIZE bytes, at AT."
  (declare (type octets octets) (type index at) (type u64 value) (type (integer 1 10) size))
  (loop repeat (1- size)
        do (setf (aref octets at) (logior 128 (logand value 127))
                 value (ash value -7))
           (incf at))
  (setf (aref octets at) (logand value 127))
  nil)

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

(defun octets-p (object)
  "Whether OBJECT is OCTETS."
  (typep object 'octets))
