;;;; What the codec needs of SBCL: numbers from and to bytes, without consing.
;;;;
;;;; The callers have checked that the bytes are there.

(in-package #:polycall)

(declaim (inline make-octets load-u64 load-u32 store-u64 store-u32 float-bits double-bits
                 bits-float bits-double copy-octets))

(defmacro define-structure-of-defaults (constructor definition)
  "DEFINITION, of a structure whose CONSTRUCTOR takes no arguments."
  `(progn
     (declaim (inline ,constructor))
     ,definition))

(defmacro with-quick-slots ((structure slots) &body body)
  "Nothing is to be done for BODY to read SLOTS of STRUCTURE fast."
  (declare (ignore structure slots))
  `(progn ,@body))

(defmacro quick-readers (&rest readers)
  "Nothing is to be done for the readers of structures to be fast where the compiler is told to be."
  (declare (ignore readers))
  nil)

(defun make-octets (size)
  (declare (type index size))
  (make-array size :element-type '(unsigned-byte 8)))

(defun load-u64 (octets at)
  (declare (type octets octets) (type index at))
  (sb-sys:with-pinned-objects (octets)
    (sb-sys:sap-ref-64 (sb-sys:vector-sap octets) at)))

(defun load-u32 (octets at)
  (declare (type octets octets) (type index at))
  (sb-sys:with-pinned-objects (octets)
    (sb-sys:sap-ref-32 (sb-sys:vector-sap octets) at)))

(defun store-u64 (octets at value)
  (declare (type octets octets) (type index at) (type (unsigned-byte 64) value))
  (sb-sys:with-pinned-objects (octets)
    (setf (sb-sys:sap-ref-64 (sb-sys:vector-sap octets) at) value))
  nil)

(defun store-u32 (octets at value)
  (declare (type octets octets) (type index at) (type (unsigned-byte 32) value))
  (sb-sys:with-pinned-objects (octets)
    (setf (sb-sys:sap-ref-32 (sb-sys:vector-sap octets) at) value))
  nil)

(defun float-bits (float)
  (declare (type single-float float))
  (ldb (byte 32 0) (sb-kernel:single-float-bits float)))

(defun double-bits (double)
  (declare (type double-float double))
  (ldb (byte 64 0) (sb-kernel:double-float-bits double)))

(defun bits-float (bits)
  (declare (type (unsigned-byte 32) bits))
  (sb-kernel:make-single-float (if (logbitp 31 bits) (- bits (ash 1 32)) bits)))

(defun bits-double (bits)
  (declare (type (unsigned-byte 64) bits))
  (let ((high (ldb (byte 32 32) bits)))
    (sb-kernel:make-double-float (if (logbitp 31 high) (- high (ash 1 32)) high)
                                 (ldb (byte 32 0) bits))))

(defun copy-octets (from from-start to to-start size)
  (declare (type octets from to) (type index from-start to-start size))
  (replace to from :start1 to-start :start2 from-start :end2 (+ from-start size))
  nil)
