;;;; Interruptions of a thread that waits in C: Ctrl-C, SB-EXT:WITH-TIMEOUT, INTERRUPT-THREAD.
;;;;
;;;; SBCL runs an interruption on the stack of its thread, and most of them unwind it. C's frames must
;;;; not be unwound, so waits in C keep interruptions pending (IN-C). A wait that can be long is noted
;;;; here; a watcher thread, which exists only while there are such waits, looks whether something is
;;;; pending for one of their threads and then cancels the call. The wait ends, and the interruption
;;;; runs.

(in-package #:polycall)

(defstruct (wait (:constructor make-wait (pointer)))
  pointer                 ; the call
  (thread nil)            ; who waits now, or NIL
  (interrupted nil))

(defvar *waits-lock* (make-lock "polycall waits"))
(defvar *waits-changed* (make-condition-variable))
(defvar *waits* '() "Guarded by *WAITS-LOCK*.")
(defvar *watcher* nil "Guarded by *WAITS-LOCK*.")

(defparameter +watch-interval+ 0.05)
(defparameter +watcher-idle-time+ 2)

(defun cancel-interrupted-waits ()
  "With the lock held, so that no call is released meanwhile."
  (dolist (wait *waits*)
    (let ((thread (wait-thread wait)))
      (when (and thread (not (wait-interrupted wait)) (interruption-pending-p thread))
        (setf (wait-interrupted wait) t)
        (%call-cancel (wait-pointer wait) 1 "interrupted")))))

(defun watch ()
  (let ((idle-since nil))
    (loop
      (with-plain-lock (*waits-lock*)
        (cond (*waits*
               (setf idle-since nil)
               (cancel-interrupted-waits))
              ((null idle-since) (setf idle-since (get-internal-real-time)))
              ((> (- (get-internal-real-time) idle-since)
                  (* +watcher-idle-time+ internal-time-units-per-second))
               (setf *watcher* nil)
               (return))))
      (sleep +watch-interval+))))

(defun begin-watching (pointer)
  "A WAIT for the call at POINTER, for END-WATCHING."
  (let ((wait (make-wait pointer)))
    #+sbcl
    (with-plain-lock (*waits-lock*)
      (push wait *waits*)
      (unless *watcher* (setf *watcher* (start-thread "polycall watcher" #'watch))))
    wait))

(defun end-watching (wait)
  #-sbcl (declare (ignore wait))
  #+sbcl
  (with-plain-lock (*waits-lock*)
    (setf *waits* (delete wait *waits* :count 1))))

(defmacro waiting ((wait) &body body)
  "BODY, which waits in C for the call of WAIT."
  `(progn
     (setf (wait-thread ,wait) (this-thread))
     (multiple-value-prog1 (in-c ,@body)
       (setf (wait-thread ,wait) nil))))
