;;;; Messages that an end in the same image gets as they are, neither encoded nor decoded.
;;;;
;;;; C knows such a message by the number of a PASSAGE, since the garbage collector moves what it is, and its
;;;; type by a table of the runtime's. An end whose table is another one, of another language, another image or
;;;; another definition of the message, gets bytes.

(in-package #:polycall)

(defstruct (passage (:constructor make-passage (number)) (:copier nil))
  "A place for a message, kept while it has references."
  (number 0 :type fixnum)
  (message nil)
  (references (make-counter))
  (encoded nil)               ; whether its bytes were asked for
  (writer nil))               ; which holds them, from PASSED-SIZE to PASSED-ENCODE
(quick-readers passage-number passage-message passage-references passage-encoded passage-writer)

(defvar *passages-lock* (make-lock "polycall passages"))
(declaim (type simple-vector *passages*))
(#+sbcl sb-ext:defglobal #-sbcl defvar *passages* (make-array 64 :initial-element nil))
(defvar *passage-count* 0 "Guarded by the lock.")
(define-free-list *free-passages* push-passage pop-passage)

(defun new-passage ()
  (with-lock (*passages-lock*)
    ;; Numbers begin at 1: 0 is NULL.
    (let ((number (incf *passage-count*)))
      (when (>= number (length *passages*))
        ;; Readers hold no lock: they see the old vector or the new one, and both know their numbers.
        (let ((larger (make-array (* 2 (length *passages*)) :initial-element nil)))
          (replace larger *passages*)
          (setf *passages* larger)))
      (setf (svref *passages* number) (make-passage number)))))

(declaim (inline passage-at))
(defun passage-at (number)
  (declare (type fixnum number))
  (the passage (svref *passages* number)))

(defun take-passage (message)
  "A passage that holds MESSAGE, with one reference."
  (let ((passage (or (pop-passage) (new-passage))))
    (declare (type passage passage))
    (setf (passage-message passage) message
          (passage-encoded passage) nil)
    (counter-add (passage-references passage) 1)
    passage))

(defun give-back (passage)
  "Ends one reference."
  (declare (type passage passage))
  (when (= 1 (the fixnum (counter-add (passage-references passage) -1)))
    (setf (passage-message passage) nil)
    (push-passage passage))
  nil)

;;; What C asks for, by the number. Nothing of it unwinds.

(defun passed-size (number)
  "How many bytes the message is; -1: it cannot be encoded."
  (let ((passage (passage-at number)))
    (setf (passage-encoded passage) t)
    (catching-serious
        (let ((writer (take-writer)))
          (write-message writer (passage-message passage))
          (setf (passage-writer passage) writer)
          (the fixnum (- (length (writer-octets writer)) (writer-at writer))))
        (condition)
      (setf (passage-writer passage) nil)
      -1)))

(defun passed-encode (number out size)
  "Writes the message's SIZE bytes to the pointer OUT; 0, or 1 for a failure."
  (let* ((passage (passage-at number))
         (writer (shiftf (passage-writer passage) nil)))
    (cond ((and writer (= size (- (length (writer-octets writer)) (writer-at writer))))
           (with-pinned-octets (data (writer-octets writer))
             (cffi:foreign-funcall "memcpy" :pointer out
                                            :pointer (cffi:inc-pointer data (writer-at writer))
                                            :size size :pointer))
           (return-writer writer)
           0)
          (t 1))))

(defun passed-retain (number)
  (counter-add (passage-references (passage-at number)) 1)
  number)

(defun passed-release (number)
  (give-back (passage-at number)))

#+sbcl
(progn
  (cffi:defcallback %passed-size :int64 ((object :unsigned-long)) (passed-size object))
  (cffi:defcallback %passed-encode :int ((object :unsigned-long) (out :pointer) (size :size))
    (passed-encode object out size))
  (cffi:defcallback %passed-retain :unsigned-long ((object :unsigned-long)) (passed-retain object))
  (cffi:defcallback %passed-release :void ((object :unsigned-long)) (passed-release object))
  (defun passing-entries ()
    (list (cffi:callback %passed-size) (cffi:callback %passed-encode)
          (cffi:callback %passed-retain) (cffi:callback %passed-release))))

;;; Tables.

(defvar *tabled-types* '() "The names of the types that have a table. Guarded by the passages' lock.")

(defun make-table (type)
  (with-lock (*passages-lock*)
    (or (message-type-table type)
        (destructuring-bind (size encode retain release) (passing-entries)
          (let ((table (cffi:foreign-alloc '(:struct %message-type))))
            (set-size table %message-type)
            (setf (slot table %message-type name)
                  (cffi:foreign-string-alloc (message-type-name type))
                  (slot table %message-type identity) table
                  (slot table %message-type encoded-size) size
                  (slot table %message-type encode) encode
                  (slot table %message-type retain) retain
                  (slot table %message-type release) release)
            (pushnew (message-type-symbol type) *tabled-types*)
            (setf (message-type-table type) table))))))

(at-image-start
  (dolist (name (shiftf *tabled-types* '()))
    (let ((type (get name 'message-type)))
      (when type (setf (message-type-table type) nil)))))

(declaim (inline table-of))
(defun table-of (type)
  "The runtime's table of a MESSAGE-TYPE."
  (or (message-type-table type) (make-table type)))

(defun table-or-null (name)
  "The table of the message type NAME; NULL for :BYTES."
  (if (eq name :bytes) (cffi:null-pointer) (table-of (find-message-type name))))

;;; Messages in C's structure.

(defun check-passable (message type)
  "As for a message that is encoded: of TYPE, and with what that requires."
  (unless (eq (type-of message) (message-type-symbol type))
    (fail-other-type message type))
  (when (requires-p type)
    (let ((missing (missing-field message)))
      (when missing
        (error 'encode-error :message-name (message-type-name type)
                             :reason (format nil "the required field ~A is absent" missing))))))

(defmacro fill-passed (pointer table number)
  "Makes the C message at POINTER the one of the passage with NUMBER."
  `(setf (slot ,pointer %message type) ,table
         (slot ,pointer %message object) (cffi:make-pointer ,number)))

(defun passed-message (message name)
  "What was passed as the C MESSAGE, which stays whose it is. NAME is its type."
  (let* ((number (cffi:pointer-address (slot message %message object)))
         (object (passage-message (passage-at number))))
    (if (eq (type-of object) name)
        object
        ;; The message was defined anew while this one was on its way.
        (decode name (encode object)))))

(defun take-passed (message name)
  "The same for a message that is ours to release."
  (prog1 (passed-message message name)
    (give-back (passage-at (cffi:pointer-address (slot message %message object))))))

;;; Who takes messages as they are.

(defstruct (taker (:constructor make-taker ()) (:copier nil))
  "What is known of an end in this process. A message that has to be encoded after all costs more than bytes
do: so one that refused is offered another after ever more that go as bytes."
  (left 0 :type fixnum)         ; messages that go as bytes until then
  (next 1 :type fixnum))        ; and after that if it refuses again
(quick-readers taker-left taker-next)

(defun takes-p (taker)
  "Whether the next message is to be passed as it is."
  (declare (type taker taker))
  (or (zerop (taker-left taker))
      (progn (setf (taker-left taker) (max 0 (1- (taker-left taker)))) nil)))

(defun note-taken (taker passage)
  "Keeps in mind what became of PASSAGE."
  (declare (type taker taker) (type passage passage))
  (cond ((passage-encoded passage)
         (setf (taker-left taker) (taker-next taker)
               (taker-next taker) (min 1024 (* 2 (taker-next taker)))))
        ((/= 1 (taker-next taker))
         (setf (taker-left taker) 0
               (taker-next taker) 1))))
