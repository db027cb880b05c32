;;;; What the codec needs of ECL: numbers from and to bytes, by one line of C each. They are GCC's
;;;; statement expressions: inlined, a block that assigns to @(return) may be given a place of another type.
;;;;
;;;; The callers have checked that the bytes are there.

(in-package #:polycall)

(declaim (inline load-u64 load-u32 store-u64 store-u32 float-bits double-bits
                 bits-float bits-double copy-octets))

(defun load-u64 (octets at)
  (declare (type octets octets) (type index at))
  (ffi:c-inline (octets at) (:object :fixnum) :uint64-t
                "({ uint64_t v; __builtin_memcpy(&v, (#0)->vector.self.b8 + (#1), 8); v; })" :one-liner t))

(defun load-u32 (octets at)
  (declare (type octets octets) (type index at))
  (ffi:c-inline (octets at) (:object :fixnum) :uint32-t
                "({ uint32_t v; __builtin_memcpy(&v, (#0)->vector.self.b8 + (#1), 4); v; })" :one-liner t))

(defun store-u64 (octets at value)
  (declare (type octets octets) (type index at) (type (unsigned-byte 64) value))
  (ffi:c-inline (octets at value) (:object :fixnum :uint64-t) :void
                "{ uint64_t v = #2; __builtin_memcpy((#0)->vector.self.b8 + (#1), &v, 8); }")
  nil)

(defun store-u32 (octets at value)
  (declare (type octets octets) (type index at) (type (unsigned-byte 32) value))
  (ffi:c-inline (octets at value) (:object :fixnum :uint32-t) :void
                "{ uint32_t v = #2; __builtin_memcpy((#0)->vector.self.b8 + (#1), &v, 4); }")
  nil)

(defun float-bits (float)
  (declare (type single-float float))
  (ffi:c-inline (float) (:float) :uint32-t
                "({ float f = #0; uint32_t v; __builtin_memcpy(&v, &f, 4); v; })" :one-liner t))

(defun double-bits (double)
  (declare (type double-float double))
  (ffi:c-inline (double) (:double) :uint64-t
                "({ double d = #0; uint64_t v; __builtin_memcpy(&v, &d, 8); v; })" :one-liner t))

(defun bits-float (bits)
  (declare (type (unsigned-byte 32) bits))
  (ffi:c-inline (bits) (:uint32-t) :float
                "({ uint32_t v = #0; float f; __builtin_memcpy(&f, &v, 4); f; })" :one-liner t))

(defun bits-double (bits)
  (declare (type (unsigned-byte 64) bits))
  (ffi:c-inline (bits) (:uint64-t) :double
                "({ uint64_t v = #0; double d; __builtin_memcpy(&d, &v, 8); d; })" :one-liner t))

(defun copy-octets (from from-start to to-start size)
  (declare (type octets from to) (type index from-start to-start size))
  (ffi:c-inline (from from-start to to-start size)
                (:object :fixnum :object :fixnum :fixnum) :void
                "__builtin_memmove((#2)->vector.self.b8 + (#3), (#0)->vector.self.b8 + (#1), #4);")
  nil)
