;;;; What the binding needs of SBCL: threads, locks, and waits in C.

(in-package #:polycall)

(defmacro in-c (&body body)
  "Runs BODY, which waits in the C library or runs other languages' code. An interruption (Ctrl-C,
INTERRUPT-THREAD, a timer) waits until it is over: to unwind C's frames would leave its locks locked.
What can be long is watched, see interrupts.lisp. Floating point does not trap meanwhile: C, and the
handlers of other languages that a call over inproc runs on this thread, do not expect it."
  `(sb-sys:without-interrupts
     (sb-int:with-float-traps-masked (:overflow :invalid :divide-by-zero :inexact)
       ,@body)))

(defmacro uninterrupted (&body body)
  "BODY, a cleanup, is run to its end before an interruption is looked at."
  `(sb-sys:without-interrupts ,@body))

(defun make-lock (name) (sb-thread:make-mutex :name name))
(defmacro with-lock ((lock) &body body) `(sb-thread:with-recursive-lock (,lock) ,@body))

(defun make-condition-variable () (sb-thread:make-waitqueue))
(defun wait-on (variable lock seconds)
  "Waits with LOCK held. NIL: SECONDS (NIL: for ever) are over."
  (or (sb-thread:condition-wait variable lock :timeout seconds)
      ;; SBCL comes back without the lock when the time is over.
      (progn (unless (sb-thread:holding-mutex-p lock) (sb-thread:grab-mutex lock))
             nil)))
(defun wake-all (variable) (sb-thread:condition-broadcast variable))
(defmacro with-plain-lock ((lock) &body body) `(sb-thread:with-mutex (,lock) ,@body))

(defun start-thread (name function)
  (sb-thread:make-thread function :name name))
(defun join-thread (thread) (sb-thread:join-thread thread :default nil))
(defun this-thread () sb-thread:*current-thread*)
(defun interruption-pending-p (thread)
  (and (sb-thread:thread-alive-p thread) (sb-thread::thread-interruptions thread) t))

(defmacro define-pool (name push pop)
  "A list of things to use again, for any thread, without a lock."
  `(progn
     (declaim (type list ,name))
     (sb-ext:defglobal ,name '())
     (defmacro ,push (thing) `(sb-ext:atomic-push ,thing ,',name))
     (defmacro ,pop () `(sb-ext:atomic-pop ,',name))))

(defmacro define-free-list (name push pop)
  "The same for things of which none may be lost."
  `(define-pool ,name ,push ,pop))

(defstruct (counter (:constructor make-counter ()))
  (word 0 :type sb-ext:word))
(declaim (inline counter-add))
(defun counter-add (counter delta)
  "Adds DELTA, 1 or -1; the sum before."
  (if (plusp delta)
      (sb-ext:atomic-incf (counter-word counter))
      (sb-ext:atomic-decf (counter-word counter))))

(defmacro with-pinned-octets ((pointer octets) &body body)
  `(sb-sys:with-pinned-objects (,octets)
     (let ((,pointer (sb-sys:vector-sap ,octets))) ,@body)))

(declaim (inline copy-from-foreign))
(defun copy-from-foreign (pointer octets size)
  (declare (type octets octets) (type index size) (type sb-sys:system-area-pointer pointer))
  (sb-kernel:copy-ub8-from-system-area pointer 0 octets 0 size)
  nil)

(defun runtime-name () "sbcl")

(defmacro at-image-start (&body body)
  "Runs BODY when a saved image starts."
  `(pushnew (lambda () ,@body) sb-ext:*init-hooks*))

(defmacro handling-exhaustion (form on-exhausted)
  `(handler-case ,form (storage-condition () ,on-exhausted)))

(defmacro catching-serious (form (condition) &body body)
  "FORM's values; a serious condition in it ends it, and BODY is run."
  `(handler-case ,form
     (storage-condition (,condition) ,@body)
     (serious-condition (,condition) ,@body)))

(defmacro take-once (place)
  "PLACE's value, and NIL for everybody after."
  `(loop
     (let ((value ,place))
       (when (or (null value) (eq value (sb-ext:compare-and-swap ,place value nil)))
         (return value)))))

(defun thread-hook ()
  "None: SBCL attaches a thread for each upcall, and lets nobody keep it attached."
  (cffi:null-pointer))
