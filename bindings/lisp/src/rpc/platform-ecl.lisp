;;;; What the binding needs of ECL: threads, locks, and waits in C.

(in-package #:polycall)

;;; Threads that ECL did not make are imported at their first meeting with Lisp: the library's by its
;;; thread hook, those that only ever meet the binding in a handler (callers over inproc, the servers of
;;; other languages' programs) by the handler's entry. They are released when they end: by glibc's list of
;;; a thread's destructors, since a destructor of a pthread key would run when ECL's own key is gone.

(ffi:clines "
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

extern int __cxa_thread_atexit_impl(void (*)(void*), void*, void*);
extern void* __dso_handle;

static void polycall_release_thread(void* unused) {
  (void)unused;
  /* ECL may have been shut down: its process ends. */
  if (ecl_get_option(ECL_OPT_BOOTED) > 0 && ecl_process_env_unsafe()) ecl_release_current_thread();
}

static cl_env_ptr polycall_know_thread(void) {
  cl_env_ptr env = ecl_process_env_unsafe();
  if (env) return env;
  ecl_import_current_thread(ECL_NIL, ECL_NIL);
  /* Messages have NaN and infinity in them, see setup.lisp. */
  si_trap_fpe(ECL_T, ECL_NIL);
  __cxa_thread_atexit_impl(polycall_release_thread, 0, &__dso_handle);
  return ecl_process_env_unsafe();
}

static unsigned polycall_thread_number(void) {
  static unsigned threads;
  static __thread unsigned number;
  if (number == 0) number = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
  return number;
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

/* ECL's list of threads holds 256. Its way to make it longer never ends and takes all memory: the list
   that it makes is full from the start. So it is long from the start. */
static void polycall_lengthen_threads(void) {
  enum { kThreads = 16384 };
  const cl_env_ptr env = ecl_process_env();
  cl_object longer = si_make_vector(ECL_T, ecl_make_fixnum(kThreads), ECL_NIL, ecl_make_fixnum(0),
                                    ECL_NIL, ECL_NIL);
  while (!__sync_bool_compare_and_swap(&cl_core.processes_spinlock, ECL_NIL, env->own_process)) {
    sched_yield();
  }
  cl_object list = cl_core.processes;
  if (list->vector.dim < kThreads) {
    for (cl_index i = 0; i < list->vector.fillp; ++i) {
      longer->vector.self.t[i] = list->vector.self.t[i];
    }
    longer->vector.fillp = list->vector.fillp;
    cl_core.processes = longer;
  }
  __sync_lock_test_and_set(&cl_core.processes_spinlock, ECL_NIL);
}

static pthread_mutex_t* polycall_mutex(cl_object lock) {
  return (pthread_mutex_t*)lock->vector.self.b8;
}

static cl_object polycall_make_mutex(void) {
  cl_object lock = ecl_alloc_simple_vector(sizeof(pthread_mutex_t), ecl_aet_b8);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(polycall_mutex(lock), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return lock;
}

static pthread_cond_t* polycall_condition(cl_object variable) {
  return (pthread_cond_t*)variable->vector.self.b8;
}

static cl_object polycall_make_condition(void) {
  cl_object variable = ecl_alloc_simple_vector(sizeof(pthread_cond_t), ecl_aet_b8);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(polycall_condition(variable), &attributes);
  pthread_condattr_destroy(&attributes);
  return variable;
}

/* Whether it was woken. */
static int polycall_wait(cl_object variable, cl_object lock, int64_t nanoseconds) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  nanoseconds += end.tv_nsec;
  end.tv_sec += nanoseconds / 1000000000;
  end.tv_nsec = nanoseconds % 1000000000;
  return pthread_cond_timedwait(polycall_condition(variable), polycall_mutex(lock), &end) == 0;
}
")

(ffi:c-inline () () :void "polycall_lengthen_threads();")

(defun know-thread-pointer ()
  "C's function that imports the present thread unless ECL knows it, and answers its environment."
  (ffi:c-inline () () :pointer-void "(void*)polycall_know_thread" :one-liner t :side-effects nil))

(defmacro in-c (&body body)
  "Runs BODY, which waits in the C library. An interruption waits until it is over."
  `(mp:without-interrupts ,@body))

(defmacro uninterrupted (&body body)
  "BODY, a cleanup, is run to its end before an interruption is looked at."
  `(mp:without-interrupts ,@body))

;;; Locks and condition variables are the system's, in octets that the garbage collector frees (glibc's
;;; hold nothing else). ECL's wake a waiter by a signal, which threads that ECL did not make can miss.

(defun make-lock (name)
  (declare (ignore name))
  (ffi:c-inline () () :object "polycall_make_mutex()" :one-liner t))
(defun acquire (lock)
  (ffi:c-inline (lock) (:object) :void "pthread_mutex_lock(polycall_mutex(#0))" :one-liner t)
  nil)
(defun give-up (lock)
  (ffi:c-inline (lock) (:object) :void "pthread_mutex_unlock(polycall_mutex(#0))" :one-liner t)
  nil)

(defmacro with-lock ((lock) &body body)
  `(let ((%lock ,lock))
     (acquire %lock)
     (unwind-protect (progn ,@body) (give-up %lock))))
(defmacro with-plain-lock ((lock) &body body) `(with-lock (,lock) ,@body))

(defun make-condition-variable ()
  (ffi:c-inline () () :object "polycall_make_condition()" :one-liner t))
(defun wait-on (variable lock seconds)
  "Waits with LOCK held, for SECONDS (NIL: for ever) but never longer than a tenth of one, so that an
interruption is looked at: the caller looks again. Whether it was woken."
  (let ((nanoseconds (ceiling (* (max 0 (min (or seconds 1/10) 1/10)) 1000000000))))
    (in-c (ffi:c-inline (variable lock nanoseconds) (:object :object :int64-t) :bool
                        "polycall_wait(#0, #1, #2)" :one-liner t))))
(defun wake-all (variable)
  (ffi:c-inline (variable) (:object) :void "pthread_cond_broadcast(polycall_condition(#0))"
                :one-liner t)
  nil)

(defun start-thread (name function)
  (let ((process (mp:make-process :name name)))
    (mp:process-preset process function)
    (mp:process-enable process)
    process))
(defun join-thread (thread) (mp:process-join thread))
(defun this-thread () mp:*current-process*)
(defun interruption-pending-p (thread) (declare (ignore thread)) nil)

(defmacro define-pool (name push pop)
  "Things to use again, for any thread, without a lock: each thread has a place where it looks first, a few
share one. What finds no room is left to the garbage collector."
  `(progn
     (defvar ,name (make-array 64 :initial-element nil))
     (defmacro ,push (thing) `(exchange-pooled ,',name ,thing))
     (defmacro ,pop () `(exchange-pooled ,',name nil))))

(defun exchange-pooled (pool thing)
  (ffi:c-inline (pool thing) (:object :object) :object
                "__atomic_exchange_n(&(#0)->vector.self.t[polycall_thread_number() & 63], #1,
                                     __ATOMIC_ACQ_REL)" :one-liner t))

(defmacro define-free-list (name push pop)
  "The same for things of which none may be lost."
  (let ((lock (intern (format nil "~A-LOCK" name))))
    `(progn
       (defvar ,name '())
       (defvar ,lock (make-lock "polycall free list"))
       (defun ,push (thing) (with-lock (,lock) (push thing ,name)))
       (defun ,pop () (with-lock (,lock) (pop ,name))))))

(defun make-counter () (fill (make-octets 8) 0)) ; whose memory comes as it was
(defun counter-add (counter delta)
  "Adds DELTA; the sum before."
  (ffi:c-inline (counter delta) (:object :fixnum) :fixnum
                "__atomic_fetch_add((int64_t*)(#0)->vector.self.b8, (int64_t)(#1), __ATOMIC_ACQ_REL)"
                :one-liner t))

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

(defun leave-for (condition) (throw 'serious condition))

(defvar *serious-cluster* (list (cons 'serious-condition #'leave-for)))

(defmacro leaving-for-serious (form)
  "FORM's value; a serious condition in it is thrown to the tag SERIOUS. As HANDLER-BIND, which makes its list of
handlers anew each time."
  `(let ((si:*handler-clusters* (cons *serious-cluster* si:*handler-clusters*)))
     ,form))

(defmacro catching-serious (form (condition) &body body)
  "FORM's values; a serious condition in it ends it, and BODY is run. As HANDLER-CASE, which costs ECL twice
the time for its closures."
  `(block catching
     (let ((,condition (catch 'serious
                         (leaving-for-serious (return-from catching ,form)))))
       ,@body)))

(defmacro take-once (place)
  "PLACE's value, and NIL for everybody after. PLACE is a slot of a structure."
  (destructuring-bind (reader object) place
    (destructuring-bind (structure . index) (si:get-sysprop reader 'si::structure-access)
      (declare (ignore structure))
      `(ffi:c-inline (,object) (:object) :object
                     ,(format nil "__atomic_exchange_n(&(#0)->instance.slots[~D], ECL_NIL, __ATOMIC_ACQ_REL)"
                              index)
                     :one-liner t))))

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
