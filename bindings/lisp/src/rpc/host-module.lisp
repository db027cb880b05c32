;;;; Modules of Common Lisp that a host was asked for: "file.lisp" or "file.fasl", with ":package:function"
;;;; behind it where the file's function is not called REGISTER.

(in-package #:polycall)

(defvar *hosted-modules* (make-hash-table :test 'equal)
  "Module text to (DATE . FUNCTION): a file is loaded again only when it was changed.")
(defvar *hosted-modules-lock* (make-lock "polycall modules"))

(defun split-module (text)
  "The file, and of text behind it package and function, or NIL."
  (let* ((end (search ".fas" text :from-end t))
         (end (or end (search ".lisp" text :from-end t) 0))
         (colon (position #\: text :start end)))
    (if (null colon)
        (values text nil nil)
        (let ((second (position #\: text :start (1+ colon))))
          (unless second
            (fail :invalid-argument
                  (format nil "~A: \":package:function\" is wanted behind the file" text)))
          (values (subseq text 0 colon)
                  (string-upcase (subseq text (1+ colon) second))
                  (string-upcase (subseq text (1+ second))))))))

(defun register-functions ()
  "Every function that is called REGISTER, in the package it is at home in."
  (loop for package in (list-all-packages)
        for symbol = (find-symbol "REGISTER" package)
        when (and symbol (fboundp symbol) (eq (symbol-package symbol) package))
          collect (fdefinition symbol)))

(defun load-register (file package function)
  "Loads FILE; answers its function."
  (let ((before (register-functions)) (*package* (find-package '#:common-lisp-user)))
    (load file)
    (if function
        (let* ((home (or (find-package package)
                         (fail :invalid-argument
                               (format nil "~A defines no package ~A" file package))))
               (symbol (find-symbol function home)))
          (if (and symbol (fboundp symbol))
              (fdefinition symbol)
              (fail :invalid-argument
                    (format nil "~A defines no function ~A:~A" file package function))))
        (or (find-if-not (lambda (register) (member register before)) (register-functions))
            (fail :invalid-argument
                  (format nil "~A defines no function REGISTER that takes a server" file))))))

(defun module-function (text)
  (multiple-value-bind (name package function) (split-module text)
    (let* ((file (or (probe-file name)
                     (fail :not-found (format nil "there is no file ~A" name))))
           (date (file-write-date file))
           (known (gethash text *hosted-modules*)))
      (if (and known (eql (car known) date))
          (cdr known)
          (let ((loaded (load-register file package function)))
            (setf (gethash text *hosted-modules*) (cons date loaded))
            loaded)))))

(defun host-load-module (text server)
  "For the host: loads the module and lets it add its services to the C SERVER. NIL, or a code and its text
as octets that end with 0."
  (let ((octets nil) (code nil))
    (guarded
        (let ((server (borrow-server (cffi:make-pointer server))))
          (funcall (with-lock (*hosted-modules-lock*) (module-function (coerce text 'text)))
                   server))
      (setf code (code-number (status-code condition))
            octets (string-octets (format nil "~A: ~A~C" text (status-message condition)
                                          (code-char 0)))))
    (if code (values code octets) nil)))
