;;;; libpolycall.so: where it is, and its loading at first use.

(in-package #:polycall)

(defvar *library* nil
  "The path of libpolycall.so, or NIL: what the environment variable POLYCALL_LIBRARY says, or else
the system's loader finds. Set it before the first channel or server is made.")

(defvar *loaded* nil "Whether the library was loaded into this process.")
(defvar *library-lock* (make-lock "polycall library"))

(cffi:defcfun ("polycall_abi_version" %abi-version) :uint32)
(cffi:defcfun ("polycall_version" %version) :string)

(defparameter +abi-version+ 1 "What this binding was written for.")

(defun library-candidates ()
  (let ((named (or *library* (uiop:getenvp "POLYCALL_LIBRARY"))))
    (if named
        (list (uiop:native-namestring named))
        '("libpolycall.so.1" "libpolycall.so"))))

(defun load-library ()
  (let ((failures '()))
    (dolist (name (library-candidates)
                  (error "libpolycall.so cannot be loaded (~{~A~^; ~}). Set POLYCALL_LIBRARY or ~
                          polycall:*library* to its path." (nreverse failures)))
      (handler-case
          (progn (cffi:load-foreign-library name) (return))
        (error (condition)
          (push (format nil "~A: ~A" name (substitute #\Space #\Newline (princ-to-string condition)))
                failures)))))
  (when (> +abi-version+ (%abi-version))
    (error "this binding needs version ~D of PolyCall's ABI, the library ~A has ~D"
           +abi-version+ (%version) (%abi-version))))

(defun ensure-library ()
  "Loads the library unless that was done."
  (unless *loaded*
    (with-lock (*library-lock*)
      (unless *loaded*
        (load-library)
        (declare-runtime)
        (setf *loaded* t)))))

(defun use-library (path)
  "Says that libpolycall.so is at PATH, and loads it."
  (setf *library* path)
  (ensure-library))

(defun version ()
  "The version of libpolycall.so, \"0.1.0\"."
  (ensure-library)
  (%version))

(at-image-start
  (setf *loaded* nil))
