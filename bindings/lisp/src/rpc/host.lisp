;;;; Modules of other languages in this process.

(in-package #:polycall)

(cffi:defcstruct %host-options (struct-size :size) (language :pointer) (module :pointer)
  (arguments :pointer))

(define-abi host-load :int (server :pointer) (options :pointer) (status :pointer))

(defun load-module (server language module &key arguments)
  "Loads MODULE of LANGUAGE (\"c\", \"python\", \"java\", \"haskell\", \"lisp\") into this process and lets it add
its services to SERVER, before START-SERVER. MODULE is a text in the language's own words, docs/concepts has
them; ARGUMENTS, a list, are for the language's runtime when this starts it. Blocks while it starts.

NOT-FOUND-ERROR: no host for the language, or no such module. FAILED-PRECONDITION-ERROR: the runtime
cannot share this process, as Java's cannot with SBCL."
  (let ((strings (list (cffi:foreign-string-alloc language) (cffi:foreign-string-alloc module)))
        (array (foreign-names arguments)))
    (unwind-protect
         (with-struct (options %host-options)
           (set-size options %host-options)
           (setf (slot options %host-options language) (first strings)
                 (slot options %host-options module) (second strings)
                 (slot options %host-options arguments) array)
           (with-status (status)
             (in-c (%host-load (server-call server) options status))))
      (mapc #'cffi:foreign-free strings)
      (free-names array)))
  server)
