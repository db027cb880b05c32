;;;; Saves an SBCL image of what is loaded: sbcl ... --load save-core.lisp FILE

(sb-ext:save-lisp-and-die (first (last sb-ext:*posix-argv*)) :executable nil)
