;;;; What stands at the head of generated code: its package, and what it imports.

(in-package #:polycall)

(defvar *proto-files* (make-hash-table :test 'equal)
  "The .proto files whose generated code is loaded.")

(defun ensure-proto-package (name)
  "A package for the symbols of generated code. It uses no other one, so that a .proto may call its
things LIST, T and NIL."
  (or (find-package name) (make-package name :use '())))

(defmacro in-proto-package (name)
  "The package of what follows, NAME, is that of the .proto's package."
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     (setf *package* (ensure-proto-package ,name))))

(defun proto-file-base (proto)
  (subseq proto 0 (- (length proto) (length ".proto"))))

(defvar *own-protos*
  (merge-pathnames "protos/" (or (ignore-errors (asdf:system-source-directory "polycall"))
                                 *default-pathname-defaults*))
  "The folder with the generated code of protobuf's own files (google/protobuf/*.proto).")

(defvar *generated-file* nil
  "The generated file that is being loaded: its compiled form lies elsewhere, away from what it imports.")

(defun folders-of-imports ()
  "Where the generated code of an import may be: beside the file that is being loaded or compiled, in
the folders above it, and with the binding."
  (let ((file (or *generated-file* *compile-file-truename* *load-truename*)))
    (append (when file
              (loop with folder = (butlast (pathname-directory file) 0)
                    while (rest folder)
                    collect (make-pathname :name nil :type nil :version nil
                                           :directory folder :defaults file)
                    do (setf folder (butlast folder))))
            (list *own-protos*))))

(defun load-proto (proto)
  (let* ((relative (concatenate 'string (proto-file-base proto) ".polycall.lisp"))
         (folders (folders-of-imports)))
    (dolist (folder folders
                    (error "~A is needed, but its generated code is not loaded, and ~A is in none ~
                            of~{ ~A~}. Generate it too, or load it first."
                           proto relative (mapcar #'namestring folders)))
      (let ((file (probe-file (merge-pathnames relative folder))))
        (when file
          (let ((*package* *package*) (*generated-file* file))
            (load (compiled-file file)))
          (return))))))

(defvar *binding-date* 0
  "When the binding was compiled: generated code that was compiled before has older parts of it inlined.")
(setf *binding-date* #.(get-universal-time))

(defun up-to-date-p (fasl file)
  (and (probe-file fasl)
       (> (file-write-date fasl) (max (file-write-date file) *binding-date*))))

(defun compiled-file (file)
  "The compiled form of FILE: what lies beside it, or else in the place that ASDF has for it, made anew when
FILE is younger; FILE itself when it cannot be compiled there."
  (let* ((beside (compile-file-pathname file))
         (fasl (asdf:apply-output-translations beside)))
    (cond ((up-to-date-p beside file) beside)
          ((up-to-date-p fasl file) fasl)
          (t (ensure-directories-exist fasl)
             (let ((*compile-verbose* nil) (*compile-print* nil))
               (or (compile-file file :output-file fasl) file))))))

(defmacro use-proto (&rest protos)
  "The generated code of PROTOS is loaded, if that was not done yet: this file's imports."
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     (dolist (proto ',protos)
       (unless (gethash proto *proto-files*)
         (load-proto proto)))))

(defmacro define-proto-file (proto)
  "Says that the generated code of PROTO is loaded from here on."
  `(eval-when (:compile-toplevel :load-toplevel :execute)
     (setf (gethash ,proto *proto-files*) t)))

(defun load-generated (file)
  "Loads the generated code in FILE (\"gen/calc.polycall.lisp\"), compiled, and what it imports. Loading it
again after it was changed replaces the definitions in the running image: handlers, servers and clients
that are there go on."
  (let ((path (or (probe-file file) (error "there is no file ~A" file))) (*package* *package*))
    (let ((*generated-file* path))
      (load (compiled-file path)))
    path))
