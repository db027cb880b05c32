;;;; What every message is.

(in-package #:polycall)

;; The slot has its accessor's name, which messages, without a prefix of their own, then share.
(defstruct (message (:constructor nil) (:copier nil) (:predicate messagep) (:conc-name nil))
  "The base of all messages."
  (message-unknown nil :type (or null octets)))

(quick-readers message-unknown)

(setf (documentation 'messagep 'function) "Whether the object is a protobuf message.")

(defun unknown-fields (message)
  "The fields of MESSAGE that its type does not know, as they came: octets, or NIL. They are written
again when the message is."
  (message-unknown message))

(defun (setf unknown-fields) (octets message)
  (setf (message-unknown message) octets))

(defun octets-of (sequence)
  "The numbers of SEQUENCE (0 to 255) as OCTETS; SEQUENCE itself if it is that already."
  (if (octets-p sequence) sequence (coerce sequence 'octets)))

(deftype presence-of (type)
  "The value of a field that can be absent."
  `(or (eql absent) ,type))

(defun empty-table (key-type)
  "What a map field holds before anything was put into it."
  (if (eq key-type :string)
      (make-hash-table :test 'equal)
      (make-hash-table :test 'eql)))

(defun coerce-map (key-type value)
  "VALUE, a hash table or an alist, as the hash table of a map field."
  (if (hash-table-p value)
      value
      (let ((table (empty-table key-type)))
        (loop for (key . item) in value do (setf (gethash key table) item))
        table)))
