;;;; Metadata: an alist from key to value, strings; the value of a key that ends in "-bin" is octets.

(in-package #:polycall)

(defun binary-key-p (key)
  (let ((size (length key)))
    (and (>= size 4) (string-equal "-bin" key :start2 (- size 4)))))

(defun metadata-value (metadata key)
  "The last value of KEY in METADATA, an alist or a CONTEXT; NIL when there is none."
  (let ((values (metadata-values metadata key)))
    (first (last values))))

(defun metadata-values (metadata key)
  "All values of KEY in METADATA, an alist or a CONTEXT, in order."
  (loop for (name . value) in (if (listp metadata) metadata (metadata metadata))
        when (string-equal name key) collect value))

(defun read-metadata (pointer)
  "An alist of C's metadata, which stays the library's."
  (unless (cffi:null-pointer-p pointer)
    (cffi:with-foreign-objects ((key :pointer) (value :pointer) (size :size))
      (loop for index below (%metadata-count pointer)
            do (%metadata-get pointer index key value size)
            collect (let ((name (foreign-string (cffi:mem-ref key :pointer)))
                          (data (cffi:mem-ref value :pointer))
                          (length (cffi:mem-ref size :size)))
                      (cons name (if (binary-key-p name)
                                     (foreign-octets data length)
                                     (foreign-text data length))))))))

(defun add-metadata (pointer key value)
  "Adds one entry. STATUS-ERROR (INVALID-ARGUMENT) for what is no key or value."
  (let ((octets (cond ((stringp value) (string-octets value))
                      ((typep value 'sequence) (octets-of value))
                      (t (fail :invalid-argument
                               (format nil "the metadata value ~S of ~S is neither a string nor octets"
                                       value key))))))
    (with-pinned-octets (data octets)
      (with-status (status)
        (%metadata-add pointer (string key) data (length octets) status)))))

(defun string-octets (string)
  (let ((writer (make-writer (+ 16 (* 4 (length string))))))
    (put-string writer string)
    ;; Without the length before it.
    (let ((all (writer-result writer)))
      (multiple-value-bind (size at) (read-varint all 0 (length all))
        (subseq all at (+ at size))))))

(defun make-foreign-metadata (metadata)
  "C's form of METADATA, an alist, to be freed; NULL for none."
  (if (null metadata)
      (cffi:null-pointer)
      (let ((pointer (%metadata-new)) (done nil))
        (unwind-protect
             (progn
               (loop for (key . value) in metadata do (add-metadata pointer key value))
               (setf done t)
               pointer)
          (unless done (%metadata-free pointer))))))

(defmacro with-foreign-metadata ((pointer metadata) &body body)
  `(let ((,pointer (make-foreign-metadata ,metadata)))
     (unwind-protect (progn ,@body)
       (unless (cffi:null-pointer-p ,pointer) (%metadata-free ,pointer)))))
