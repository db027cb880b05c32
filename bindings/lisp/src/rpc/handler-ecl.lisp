;;;; The entry of handlers on ECL, in C: it lets ECL know the thread, and for unary calls copies the request
;;;; in and hands the response on, so that Lisp need not call C for either.

(in-package #:polycall)

(ffi:clines "
#include <pthread.h>
#include <stdint.h>

extern int pthread_getattr_np(pthread_t, pthread_attr_t*);

typedef struct { const void* data; size_t size; void* buffer; const void* type; void* object; }
    polycall_ecl_message;

static void (*polycall_ecl_finish)(void*, const void*, const polycall_ecl_message*);
static cl_object polycall_ecl_unary, polycall_ecl_return, polycall_ecl_other, polycall_ecl_cancelled,
    polycall_ecl_forget, polycall_ecl_size, polycall_ecl_encode, polycall_ecl_retain,
    polycall_ecl_release;

/* platform-ecl.lisp's: imports the thread, answers its environment. */
static cl_env_ptr (*polycall_ecl_know)(void);
static __thread cl_env_ptr polycall_entry_known;
/* Where this thread's stack counts as full. ECL's own reckoning goes by the limit of the
   process, and lies beyond the end. An overflow moves it, so each entry sets it anew. */
static __thread char* polycall_entry_limit;

static void polycall_entry_measure(cl_env_ptr env) {
  pthread_attr_t attributes;
  void* low;
  size_t size;
  polycall_entry_known = env;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  if (size >= 1024 * 1024) {
    /* As ECL does it: two safety areas are left for the handling of an overflow. */
    char* end = (char*)low + 64 * 1024;
    /* ECL leaves it empty for a thread that was imported. It then took the stack for endless, and when that
       overflowed raised the limit of the process, by which the first thread's stack is reckoned. */
    if (env->cs_org <= (char*)low || env->cs_org > (char*)low + size) env->cs_org = (char*)low + size;
    env->cs_size = env->cs_org - end;
    polycall_entry_limit = end + 2 * ecl_get_option(ECL_OPT_C_STACK_SAFETY_AREA);
  }
}

static cl_env_ptr polycall_entry(void) {
  cl_env_ptr env = polycall_ecl_know();
  if (env != polycall_entry_known) polycall_entry_measure(env);
  if (polycall_entry_limit) env->cs_limit = polycall_entry_limit;
  return env;
}

static void polycall_ecl_handle_other(void* arg, void* call, const polycall_ecl_message* request) {
  const cl_env_ptr env = polycall_entry();
  ECL_CATCH_ALL_BEGIN(env) {
    cl_funcall(4, polycall_ecl_other, ecl_make_fixnum((cl_fixnum)arg),
               ecl_make_unsigned_integer((uintptr_t)call),
               ecl_make_unsigned_integer((uintptr_t)request));
  } ECL_CATCH_ALL_END;
}

static void polycall_ecl_handle_cancel(void* arg) {
  const cl_env_ptr env = polycall_entry();
  ECL_CATCH_ALL_BEGIN(env) {
    cl_funcall(2, polycall_ecl_cancelled, ecl_make_fixnum((cl_fixnum)arg));
  } ECL_CATCH_ALL_END;
}

/* A server is freed, by any thread, even when the process ends and ECL was shut down. */
static void polycall_ecl_handle_free(void* arg) {
  if (ecl_get_option(ECL_OPT_BOOTED) <= 0) return;
  const cl_env_ptr env = polycall_entry();
  ECL_CATCH_ALL_BEGIN(env) {
    cl_funcall(2, polycall_ecl_forget, ecl_make_fixnum((cl_fixnum)arg));
  } ECL_CATCH_ALL_END;
}

/* The functions of a message type's table, see passing.lisp. */
static size_t polycall_ecl_passed_size(const void* object) {
  const cl_env_ptr env = polycall_entry();
  volatile cl_fixnum size = -1; /* that is SIZE_MAX */
  ECL_CATCH_ALL_BEGIN(env) {
    size = ecl_fixnum(cl_funcall(2, polycall_ecl_size, ecl_make_fixnum((cl_fixnum)object)));
  } ECL_CATCH_ALL_END;
  return (size_t)size;
}

static int polycall_ecl_passed_encode(const void* object, void* out, size_t size) {
  const cl_env_ptr env = polycall_entry();
  volatile int failed = 1;
  ECL_CATCH_ALL_BEGIN(env) {
    failed = ecl_fixnum(cl_funcall(4, polycall_ecl_encode, ecl_make_fixnum((cl_fixnum)object),
                                   ecl_make_pointer(out), ecl_make_fixnum((cl_fixnum)size))) != 0;
  } ECL_CATCH_ALL_END;
  return failed;
}

static void* polycall_ecl_passed_retain(const void* object) {
  const cl_env_ptr env = polycall_entry();
  void* volatile kept = 0;
  ECL_CATCH_ALL_BEGIN(env) {
    kept = (void*)ecl_fixnum(cl_funcall(2, polycall_ecl_retain, ecl_make_fixnum((cl_fixnum)object)));
  } ECL_CATCH_ALL_END;
  return kept;
}

/* By any thread, even when the process ends and ECL was shut down. */
static void polycall_ecl_passed_release(void* object) {
  if (ecl_get_option(ECL_OPT_BOOTED) <= 0) return;
  const cl_env_ptr env = polycall_entry();
  ECL_CATCH_ALL_BEGIN(env) {
    cl_funcall(2, polycall_ecl_release, ecl_make_fixnum((cl_fixnum)object));
  } ECL_CATCH_ALL_END;
}

static void polycall_ecl_handle_unary(void* arg, void* call, const polycall_ecl_message* request) {
  if (request->type) { /* the caller is Lisp's too: nothing is to be read or written */
    polycall_ecl_handle_other(arg, call, request);
    return;
  }
  const cl_env_ptr env = polycall_entry();
  ECL_CATCH_ALL_BEGIN(env) {
    /* The writer that the response was written with, or NIL. */
    cl_object writer = cl_funcall(5, polycall_ecl_unary, ecl_make_fixnum((cl_fixnum)arg),
                                  ecl_make_fixnum((cl_fixnum)call), ecl_make_fixnum((cl_fixnum)request->data),
                                  ecl_make_fixnum(request->size));
    if (writer != ECL_NIL) {
      cl_object octets = writer->instance.slots[0];
      cl_fixnum at = ecl_fixnum(writer->instance.slots[1]);
      polycall_ecl_message response = {0, 0, 0, 0, 0};
      response.data = octets->vector.self.b8 + at;
      response.size = octets->vector.dim - at;
      polycall_ecl_finish(call, 0, &response);
      cl_funcall(2, polycall_ecl_return, writer);
    }
  } ECL_CATCH_ALL_END;
}
")

(defun handle-other (number call request)
  (handle number (cffi:make-pointer call) (cffi:make-pointer request)))

(defun handle-unary (number call data size)
  "Serves the unary call at the address CALL, whose request is the SIZE octets at the address DATA. The writer of the response,
to be given back by RETURN-WRITER; NIL when the call was finished otherwise, or will be."
  (declare (type fixnum number call data size))
  (let* ((handler (object-of number))
         (rpc (handler-rpc handler))
         (server (handler-server handler))
         (context (make-context call rpc server))
         (stage :request)
         (writer (take-writer))
         ;; A writer, NIL, or the condition that ended it. As GUARDED-AS, which costs more frames.
         (outcome :left))
    (worker-busy server)
    (unwind-protect
         (setf outcome
               (catch 'serious
                 (leaving-for-serious
                  (let ((request (read-raw-request writer data size (rpc-request rpc))))
                    (setf stage :handler)
                    (let ((response
                            (funcall (rpc-handler rpc) (handler-service handler) request context)))
                      (setf stage :response)
                      (cond ((context-deferred context) (return-writer writer))
                            (t (write-payload writer response (rpc-response rpc))
                               writer)))))))
      (worker-idle server)
      (when (eq outcome :left)
        (finish-with-error context (left-error))))
    (cond ((null outcome) nil)
          ((writer-p outcome)
           (when (take-once (context-pointer context))
             (leave-context context)
             outcome))
          (t
           (when (eq stage :request)
             (locate-unread outcome writer size (rpc-request rpc)))
           (finish-with-error context (handler-failure stage outcome))
           nil))))

(defun locate-unread (condition writer size type)
  "Says where in the SIZE octets of WRITER's buffer the trouble is, which READ-RAW-REQUEST leaves open."
  (when (typep condition 'decode-error)
    (let ((*reading* (find-message-type type)) (*input* (writer-octets writer))
          (*input-start* 0) (*input-end* size))
      (locate-error condition))))

(defun read-raw-request (writer data size type)
  "The message of the SIZE octets at the address DATA. WRITER's buffer is used."
  (declare (type writer writer) (type fixnum data size))
  (let ((octets (if (eq type :bytes) (make-octets size) (room-in writer size))))
    (ffi:c-inline (octets data size) (:object :fixnum :fixnum) :void
                  "__builtin_memcpy((#0)->vector.self.b8, (void*)(#1), #2);")
    (if (eq type :bytes)
        octets
        (read-unlocated (find-message-type type) octets 0 size))))

(defun handler-failure (stage condition)
  "The status of a call that ended with CONDITION in STAGE."
  (cond ((and (eq stage :request) (typep condition 'decode-error))
         (unreadable-error condition "request"))
        ((and (eq stage :response) (typep condition 'encode-error))
         (unusable-response condition))
        (t (condition-status condition))))

(defun prepare-entries ()
  (let ((finish (cffi:foreign-symbol-pointer "polycall_call_finish")))
    (ffi:c-inline (finish #'handle-unary #'handle-other #'handle-cancelled (know-thread-pointer)
                   #'forget-objects #'return-writer)
                  (:pointer-void :object :object :object :pointer-void :object :object) :void
                  "{ polycall_ecl_finish = (void (*)(void*, const void*, const polycall_ecl_message*))(#0);
                     polycall_ecl_unary = #1; polycall_ecl_other = #2; polycall_ecl_cancelled = #3;
                     polycall_ecl_know = (cl_env_ptr (*)(void))(#4);
                     polycall_ecl_forget = #5;
                     polycall_ecl_return = #6;
                     ecl_register_root(&polycall_ecl_return);
                     ecl_register_root(&polycall_ecl_forget);
                     ecl_register_root(&polycall_ecl_cancelled);
                     ecl_register_root(&polycall_ecl_unary);
                     ecl_register_root(&polycall_ecl_other); }")
    (ffi:c-inline (#'passed-size #'passed-encode #'passed-retain #'passed-release)
                  (:object :object :object :object) :void
                  "{ polycall_ecl_size = #0; polycall_ecl_encode = #1;
                     polycall_ecl_retain = #2; polycall_ecl_release = #3;
                     ecl_register_root(&polycall_ecl_size);
                     ecl_register_root(&polycall_ecl_encode);
                     ecl_register_root(&polycall_ecl_retain);
                     ecl_register_root(&polycall_ecl_release); }")))

(defvar *entries-ready* nil)

(defun handler-entry (kind)
  (unless *entries-ready*
    (prepare-entries)
    (setf *entries-ready* t))
  (if (eq kind :unary)
      (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_handle_unary" :one-liner t)
      (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_handle_other" :one-liner t)))

(defun passing-entries ()
  (handler-entry :unary)                ; prepares
  (list (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_passed_size" :one-liner t)
        (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_passed_encode" :one-liner t)
        (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_passed_retain" :one-liner t)
        (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_passed_release" :one-liner t)))

(defun cancel-entry ()
  (handler-entry :unary)                ; prepares
  (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_handle_cancel" :one-liner t))

(defun free-entry ()
  (handler-entry :unary)                ; prepares
  (ffi:c-inline () () :pointer-void "(void*)polycall_ecl_handle_free" :one-liner t))
