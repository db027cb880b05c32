;;;; Types of the codec.

(in-package #:polycall)

(defmacro define-fast (name lambda-list &body body)
  "DEFUN with the codec's optimisation. The functions check every length and cursor themselves."
  `(defun ,name ,lambda-list
     (declare (optimize (speed 3) (safety 0) (debug 0))
              #+sbcl (sb-ext:muffle-conditions sb-ext:compiler-note))
     ,@body))

(defmacro define-documentation (&rest entries)
  "ENTRIES: (READER DOCUMENTATION), of functions that a structure or a condition defines."
  `(setf ,@(loop for (reader text) in entries
                 append `((documentation ',reader 'function) ,text))))

(deftype octets (&optional (size '*))
  "Bytes: what BYTES fields and encoded messages are."
  `(simple-array (unsigned-byte 8) (,size)))

(deftype index ()
  "A place in OCTETS. A message is at most 2 GiB long, so sums of a few stay fixnums."
  '(unsigned-byte 48))

(deftype u64 () '(unsigned-byte 64))

(defconstant +max-depth+ 100
  "How deep messages may be nested in each other, as in the other languages.")

(defconstant +max-size+ (1- (expt 2 31))
  "The greatest encoded message in bytes.")

;; Wire types.
(defconstant +varint+ 0)
(defconstant +fixed64+ 1)
(defconstant +bytes+ 2)
(defconstant +start-group+ 3)
(defconstant +end-group+ 4)
(defconstant +fixed32+ 5)
