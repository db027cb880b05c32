;;;; Messages: what they hold and how they are told apart. The codec as such is held against protobuf C++
;;;; in tests/codec_conformance.

(in-package #:polycall-tests)

(defun there-and-back (message)
  (polycall:decode (type-of message) (polycall:encode message)))

(define-test "a message comes back as it went"
  (let ((message (request :a -5 :b most-positive-fixnum :text "ü")))
    (expect (polycall:message= message (there-and-back message)))
    (expect (not (polycall:message= message (request))))))

(define-test "an optional field tells absent from default"
  (let ((message (hazards.presence:make-presence)))
    (expect-equal '(0 nil) (multiple-value-list (hazards.presence:presence-maybe-int message)))
    (setf (hazards.presence:presence-maybe-int message) 0)
    (expect-equal '(0 t) (multiple-value-list
                          (hazards.presence:presence-maybe-int (there-and-back message))))
    (setf (hazards.presence:presence-maybe-bool message) nil)
    (expect (polycall:field-present-p (there-and-back message) :maybe-bool))
    (setf (hazards.presence:presence-maybe-bool message) 'polycall:absent)
    (expect (not (polycall:field-present-p message :maybe-bool)))
    (polycall:clear-field message :maybe-int)
    (expect-equal #() (polycall:encode message))))

(define-test "a oneof holds one member"
  (let ((message (hazards.presence:make-presence :number 5)))
    (expect-equal :number (hazards.presence:presence-choice-case message))
    (setf (hazards.presence:presence-text message) "five")
    (expect-equal :text (hazards.presence:presence-choice-case message))
    (expect-equal "five" (hazards.presence:presence-choice message))
    (expect-equal '(0 nil) (multiple-value-list (hazards.presence:presence-number message)))
    (expect-error polycall:codec-error (hazards.presence:make-presence :number 5 :text "five"))))

(define-test "maps are hash tables, made of alists too"
  (let* ((message (hazards.maps:make-maps :int64-string '((1 . "one") (2 . "two"))
                                          :string-point `(("p" . ,(hazards.maps:make-point :x 3)))))
         (back (there-and-back message)))
    (expect-equal "two" (gethash 2 (hazards.maps:maps-int64-string back)))
    (expect-equal 3 (hazards.maps:point-x (gethash "p" (hazards.maps:maps-string-point back))))
    (setf (gethash t (hazards.maps:maps-bool-maps back)) message)
    (expect (polycall:message= back (there-and-back back)))))

(define-test "enums are keywords, and integers where they have no name"
  (let ((message (hazards.maps:make-maps :fixed64-colour '((1 . :red) (2 . 77)))))
    (let ((table (hazards.maps:maps-fixed64-colour (there-and-back message))))
      (expect-equal :red (gethash 1 table))
      (expect-equal 77 (gethash 2 table))))
  (expect-error polycall:encode-error
                (polycall:encode (hazards.maps:make-maps :fixed64-colour '((1 . :mauve))))))

(define-test "unknown fields are kept"
  (let* ((wide (polycall:octets-of #(8 1 250 6 2 104 105)))
         (message (polycall:decode 'calc.v1:add-request wide)))
    (expect-equal 1 (calc.v1:add-request-a message))
    (expect-equal #(250 6 2 104 105) (polycall:unknown-fields message))
    (expect-equal wide (polycall:encode message))))

(define-test "defaults of proto2 are read where nothing is written"
  (let ((message (hazards.proto2:make-defaults)))
    (expect-equal -42 (hazards.proto2:defaults-int32 message))
    (expect-equal 18446744073709551615 (hazards.proto2:defaults-uint64 message))
    (expect-equal :pear (hazards.proto2:defaults-fruit message))
    (expect-equal (format nil "quote \" backslash \\ newline ~% umlaut ä trigraph ??/")
                  (hazards.proto2:defaults-string message))))

(define-test "a required field that is absent is refused, both ways"
  (expect-error polycall:encode-error (polycall:encode (hazards.proto2:make-required)))
  (expect-error polycall:decode-error
                (polycall:decode 'hazards.proto2:required (polycall:octets-of #()))))

(define-test "an error says which byte of which field of which message"
  (let ((error (expect-error polycall:decode-error
                             (polycall:decode 'hazards.recursion:tree
                                              (polycall:octets-of #(18 3 10 1 255))))))
    (expect-equal 1 (polycall:decode-error-field error))
    (expect (search "hazards.recursion.Tree" (princ-to-string error)))
    (expect (search "UTF-8" (princ-to-string error)))))

(define-test "a message that is nested too deeply is refused, both ways"
  (let ((tree (hazards.recursion:make-tree)))
    (loop repeat 120 do (setf tree (hazards.recursion:make-tree :left tree)))
    (expect-error polycall:encode-error (polycall:encode tree))))

(define-test "wrong values are refused where they are given"
  (expect-error type-error (request :a "five"))
  (expect-error type-error (request :a (expt 2 70)))
  (expect-error polycall:encode-error
                (polycall:encode (request :text (string (code-char #xd800))))))

(define-test "comments of the .proto are documentation"
  (expect (search "Adds two numbers." (documentation 'calc.v1:calc-add 'function)))
  (expect (search "Both may be negative." (documentation 'calc.v1:add 'function)))
  (expect (search "Ein Feld." (documentation 'hazards.unicode:unicode-text 'function))))
