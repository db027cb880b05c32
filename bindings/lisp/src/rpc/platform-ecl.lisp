;;;; What the binding needs of ECL: threads, locks, and waits in C.

(in-package #:polycall)

;;; Threads that ECL did not make. The library's are imported by its thread hook, once for each; those
;;; that only ever meet the binding in a handler (callers over inproc, the servers of other bindings'
;;; programs) by the handler's entry, and are released when they end.

(ffi:clines "
#include <pthread.h>
#include <stdint.h>

static pthread_key_t polycall_thread_key;
static pthread_once_t polycall_thread_once = PTHREAD_ONCE_INIT;
static __thread int polycall_thread_known;

static void polycall_release_thread(void* known) {
  (void)known;
  polycall_thread_known = 0;
  ecl_release_current_thread();
}

static void polycall_make_key(void) {
  pthread_key_create(&polycall_thread_key, polycall_release_thread);
}

static void polycall_know_thread(void) {
  if (polycall_thread_known) return;
  polycall_thread_known = 1;
  pthread_once(&polycall_thread_once, polycall_make_key);
  /* Nonzero: it was imported now, and is ours to release. */
  if (ecl_import_current_thread(ECL_NIL, ECL_NIL)) pthread_setspecific(polycall_thread_key, (void*)1);
}

static void* polycall_attach(void* arg) {
  (void)arg;
  polycall_know_thread();
  return 0;
}

static void polycall_detach(void* arg, void* attached) {
  (void)arg;
  (void)attached;
}
")

(defmacro in-c (&body body)
  "Runs BODY, which waits in the C library. An interruption waits until it is over."
  `(mp:without-interrupts ,@body))

(defmacro uninterrupted (&body body)
  "BODY, a cleanup, is run to its end before an interruption is looked at."
  `(mp:without-interrupts ,@body))

(defun make-lock (name) (mp:make-lock :name name))
(defun acquire (lock)
  ;; ECL wakes a thread that waits for a lock by a signal, which threads that ECL did not make miss: so
  ;; nobody waits in its queue.
  (loop until (mp:get-lock lock nil) do (sleep 0.0002)))

(defmacro with-lock ((lock) &body body)
  `(let ((%lock ,lock))
     (acquire %lock)
     (unwind-protect (progn ,@body) (mp:giveup-lock %lock))))
(defmacro with-plain-lock ((lock) &body body) `(with-lock (,lock) ,@body))

(defun make-condition-variable () (mp:make-condition-variable))
(defun wait-on (variable lock seconds)
  "Gives LOCK up for a while, after which the caller looks again: ECL as Debian builds it has no timed
waits."
  (declare (ignore variable))
  (mp:giveup-lock lock)
  (unwind-protect (sleep (min (or seconds 1) 0.002))
    (acquire lock))
  nil)
(defun wake-all (variable) (declare (ignore variable)) nil)

(defun start-thread (name function)
  (let ((process (mp:make-process :name name)))
    (mp:process-preset process function)
    (mp:process-enable process)
    process))
(defun join-thread (thread) (mp:process-join thread))
(defun this-thread () mp:*current-process*)
(defun interruption-pending-p (thread) (declare (ignore thread)) nil)

(defmacro define-pool (name push pop)
  "A list of things to use again, for any thread."
  `(progn
     (defvar ,name '())
     (defvar ,(intern (format nil "~A-LOCK" name)) (mp:make-lock))
     (defmacro ,push (thing)
       `(with-lock (,',(intern (format nil "~A-LOCK" name))) (push ,thing ,',name)))
     (defmacro ,pop ()
       `(with-lock (,',(intern (format nil "~A-LOCK" name))) (pop ,',name)))))

(defstruct (counter (:constructor make-counter ()))
  (word 0) (lock (mp:make-lock)))
(defun counter-add (counter delta)
  "Adds DELTA; the sum before."
  (with-lock ((counter-lock counter))
    (prog1 (counter-word counter) (incf (counter-word counter) delta))))

(defmacro with-pinned-octets ((pointer octets) &body body)
  `(cffi:with-pointer-to-vector-data (,pointer ,octets) ,@body))

(defun copy-from-foreign (pointer octets size)
  (ffi:c-inline (pointer octets size) (:pointer-void :object :fixnum) :void
                "__builtin_memcpy((#1)->vector.self.b8, #0, #2);")
  nil)

(defun runtime-name () "ecl")

(defmacro at-image-start (&body body) (declare (ignore body)) nil)

(defmacro handling-exhaustion (form on-exhausted)
  `(handler-case ,form
     (ext:stack-overflow () ,on-exhausted)
     (storage-condition () ,on-exhausted)))

(defvar *once-lock* (mp:make-lock :name "polycall once"))
(defmacro take-once (place)
  "PLACE's value, and NIL for everybody after."
  `(with-lock (*once-lock*) (shiftf ,place nil)))

(defvar *thread-hook* nil)

(defun thread-hook ()
  "The hook by which the library imports its threads into ECL; one for the process."
  (or *thread-hook*
      (setf *thread-hook*
            (cffi:foreign-funcall-pointer
             (cffi:foreign-symbol-pointer "polycall_thread_hook_new") ()
             :pointer (ffi:c-inline () () :pointer-void "(void*)polycall_attach"
                                    :one-liner t :side-effects nil)
             :pointer (ffi:c-inline () () :pointer-void "(void*)polycall_detach"
                                    :one-liner t :side-effects nil)
             :pointer (cffi:null-pointer)
             :pointer))))
