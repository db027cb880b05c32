;;;; What the codec needs of ECL: numbers from and to bytes, by one line of C each. They are GCC's
;;;; statement expressions: inlined, a block that assigns to @(return) may be given a place of another type.
;;;;
;;;; The callers have checked that the bytes are there.

(in-package #:polycall)

(declaim (inline load-u64 load-u32 store-u64 store-u32 float-bits double-bits
                 bits-float bits-double copy-octets))

(defun slot-read (reader object)
  "The form by which READER, of a structure that was defined, reads a slot of OBJECT without a call."
  (destructuring-bind (structure . index) (si:get-sysprop reader 'si::structure-access)
    (let ((slots (si:get-sysprop structure 'si::structure-slot-descriptions)))
      `(the ,(third (nth index slots)) (si:structure-ref ,object ',structure ,index)))))

(defmacro define-structure-of-defaults (constructor definition)
  "DEFINITION, of a structure whose CONSTRUCTOR takes no arguments. It copies one structure: ECL's own checks the
type of each default each time."
  (let ((first-one (intern (format nil "~A/FIRST" constructor) (symbol-package constructor))))
    `(progn
       ,(subst first-one constructor definition)
       (defparameter ,first-one (,first-one))
       (define-fast ,constructor () (copy-structure ,first-one)))))

(defmacro with-quick-slots ((structure slots) &body body)
  "BODY, top level forms, reads SLOTS of the message STRUCTURE, a list of (READER TYPE) in their order, without
calling a function. A slot holds what was stored, whatever its type: so numbers are checked here."
  `(macrolet ,(loop for (reader type) in slots
                    for index from 1
                    collect `(,reader (object)
                               (list* 'quick-slot ',(number-c-type type)
                                      (list 'si:structure-ref object '',structure ,index) nil)))
     ,@body))

(defun number-c-type (type)
  "The C type of the numbers of TYPE and the function that gives one; NIL for what is no number."
  (cond ((equal type '(signed-byte 32)) '(:int32-t "ecl_to_int32_t(#0)"))
        ((equal type '(unsigned-byte 32)) '(:uint32-t "ecl_to_uint32_t(#0)"))
        ((equal type '(signed-byte 64)) '(:int64-t "ecl_to_int64_t(#0)"))
        ((equal type '(unsigned-byte 64)) '(:uint64-t "ecl_to_uint64_t(#0)"))
        ((eq type 'single-float) '(:float "ecl_to_float(#0)"))
        ((eq type 'double-float) '(:double "ecl_to_double(#0)"))))

(defmacro quick-slot (conversion slot)
  (if conversion
      `(ffi:c-inline (,slot) (:object) ,@conversion :one-liner t)
      slot))

(defmacro quick-readers (&rest readers)
  "ECL calls a function for each reader of a structure. After this it does not for READERS, where it trusts
the object to be one or checks that."
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     ,@(loop for reader in readers
             collect `(define-compiler-macro ,reader (object) (slot-read ',reader object)))))

(defun make-octets (size)
  ;; A small vector is one piece of memory, which the garbage collector looks through.
  (declare (type index size))
  (if (< size 1024)
      (ffi:c-inline (size) (:fixnum) :object "ecl_alloc_simple_vector(#0, ecl_aet_b8)" :one-liner t)
      (make-array size :element-type '(unsigned-byte 8))))

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
