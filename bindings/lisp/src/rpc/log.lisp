;;;; Where the library's log lines go.

(in-package #:polycall)

(defparameter *log-levels* #(:debug :info :warning :error :none))
(defvar *log-function* nil)

(cffi:defcallback %log :void ((arg :unsigned-long) (level :int) (text :pointer))
  (declare (ignore arg))
  (let ((function *log-function*))
    (when function
      (guarded (funcall function (svref *log-levels* (min level 4)) (foreign-string text))
        condition))))

(defun set-log (level &optional function)
  "Sends log lines of at least LEVEL (:DEBUG, :INFO, :WARNING, :ERROR; :NONE is none) to FUNCTION, which
is called with level and text, from any thread; without FUNCTION to standard error. For the process."
  (ensure-library)
  (let ((number (or (position level *log-levels*)
                    (error "~S is no log level; known are~{ ~S~}" level
                           (coerce *log-levels* 'list)))))
    (setf *log-function* function)
    (%log-set number (if function (cffi:callback %log) (cffi:null-pointer)) 0))
  nil)
