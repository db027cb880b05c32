;;;; What an installed Lisp host loads first: the binding, compiled, from beside this file. Wants neither
;;;; a compiler nor sources.

(require :asdf)

(in-package #:cl-user)

;; Nothing but what is named here: ASDF would otherwise look for, and compile, other systems.
(asdf:initialize-source-registry '(:source-registry :ignore-inherited-configuration))

;; Messages have NaN and infinity in them, which ECL would not even make while floating point traps.
(ext:trap-fpe t nil)

(let ((folder (make-pathname :name nil :type nil :version nil :defaults *load-truename*))
      (*load-verbose* nil))
  (load (merge-pathnames "polycall.fasb" folder))
  (setf (symbol-value (find-symbol "*OWN-PROTOS*" "POLYCALL")) folder))

;; Modules that are compiled here check the depth of the stack in each function: an overflow in a handler
;; becomes a status.
(proclaim '(optimize (safety 2)))
