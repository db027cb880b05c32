;;;; Arithmetic on the numbers of the wire format, for ECL: its compiler takes what may need 64 bits for
;;;; bignums, and calls functions for shifts. See numbers.lisp for what each of these is.

(in-package #:polycall)

(declaim (ftype (function (octets index index) (values u64 index &optional)) read-long-varint)
         (inline low-32 signed-32 signed-64 zigzag-decode-32 zigzag-decode-64
                 unsigned-32 unsigned-64 zigzag-32 zigzag-64 short-varint-p varint-size store-varint field-number-of
                 octets-p))

(defmacro define-number (name (parameter type c-type) result c)
  "An inline function of one number: one expression of C."
  `(define-fast ,name (,parameter)
     (declare (type ,type ,parameter))
     (ffi:c-inline (,parameter) (,c-type) ,result ,c :one-liner t :side-effects nil)))

(define-number low-32 (bits u64 :uint64-t) :uint32-t "((uint32_t)(#0))")
(define-number signed-32 (bits u64 :uint64-t) :int32-t "((int32_t)(uint32_t)(#0))")
(define-number signed-64 (bits u64 :uint64-t) :int64-t "((int64_t)(#0))")
(define-number zigzag-decode-32 (bits u64 :uint64-t) :int32-t
  "({ uint32_t v = (uint32_t)(#0); (int32_t)((v >> 1) ^ -(v & 1)); })")
(define-number zigzag-decode-64 (bits u64 :uint64-t) :int64-t
  "({ uint64_t v = (#0); (int64_t)((v >> 1) ^ -(v & 1)); })")
(define-number unsigned-32 (value (signed-byte 32) :int32-t) :uint32-t "((uint32_t)(#0))")
(define-number unsigned-64 (value (signed-byte 64) :int64-t) :uint64-t "((uint64_t)(int64_t)(#0))")
(define-number zigzag-32 (value (signed-byte 32) :int32-t) :uint32-t
  "({ int32_t v = (#0); ((uint32_t)v << 1) ^ (uint32_t)(v >> 31); })")
(define-number zigzag-64 (value (signed-byte 64) :int64-t) :uint64-t
  "({ int64_t v = (#0); ((uint64_t)v << 1) ^ (uint64_t)(v >> 63); })")
(define-number field-number-of (tag (unsigned-byte 32) :fixnum) :fixnum "((#0) >> 3)")
(define-number short-varint-p (value u64 :uint64-t) :bool "((uint64_t)(#0) < 128)")
(define-number varint-size (value u64 :uint64-t) :fixnum
  "((63 - __builtin_clzll((uint64_t)(#0) | 1)) / 7 + 1)")

(defmacro nonzero-p (integer signed)
  `(ffi:c-inline (,integer) (,(if signed :int64-t :uint64-t)) :bool "((#0) != 0)" :one-liner t :side-effects nil))

(define-fast store-varint (octets at value size)
  (declare (type octets octets) (type index at) (type u64 value) (type (integer 1 10) size))
  (ffi:c-inline (octets at value size) (:object :fixnum :uint64-t :fixnum) :void
                "{ uint8_t* p = (#0)->vector.self.b8 + (#1); uint64_t v = #2; cl_fixnum n = #3;
                   while (--n) { *p++ = (uint8_t)(v | 128); v >>= 7; }
                   *p = (uint8_t)v; }")
  nil)

(ffi:clines "
/* The value, and the place after it as the second one; 0 instead of the place for a failure. */
static cl_object polycall_read_varint(cl_env_ptr env, cl_object input, cl_fixnum at, cl_fixnum end) {
  const uint8_t* p = input->vector.self.b8;
  uint64_t value = 0;
  int shift = 0;
  cl_fixnum next = 0;
  for (; at < end && shift < 70; shift += 7) {
    const uint8_t byte = p[at++];
    value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) {
      next = at;
      break;
    }
  }
  env->nvalues = 2;
  env->values[1] = ecl_make_fixnum(next);
  return env->values[0] = ecl_make_uint64_t(value);
}
")

(define-fast read-long-varint (input at end)
  (declare (type octets input) (type index at end))
  (multiple-value-bind (value next)
      (ffi:c-inline (input at end) (:object :fixnum :fixnum) (values &rest t)
                    "polycall_read_varint(cl_env_copy, #0, #1, #2)" :one-liner t)
    (declare (type index next))
    (if (> next 0)
        (values value next)
        (fail-decode at (if (>= (- end at) 10)
                            "a varint is longer than 10 bytes"
                            "the input ends within the field")))))

(defun octets-p (object)
  (ffi:c-inline (object) (:object) :bool
                "({ cl_object o = (#0); !ECL_IMMEDIATE(o) && o->d.t == t_vector &&
                    o->vector.elttype == ecl_aet_b8 && !ECL_ADJUSTABLE_ARRAY_P(o) &&
                    !ECL_ARRAY_HAS_FILL_POINTER_P(o) &&
                    (Null(o->vector.displaced) || Null(ECL_CONS_CAR(o->vector.displaced))); })"
                :one-liner t :side-effects nil))
