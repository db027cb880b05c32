;;;; Derivatives and simplification of expressions in x.
;;;;
;;;; An expression is a rational number, a symbol (:x :pi :e), a list (FUNCTION ARGUMENT) or a list
;;;; (OPERATOR LEFT RIGHT). Simplified, sums and products are flat:
;;;;
;;;;   (:sum CONSTANT (TERM . COEFFICIENT)...)       coefficients are rational and not zero
;;;;   (:product COEFFICIENT (BASE . EXPONENT)...)   exponents are simplified expressions
;;;;
;;;; so that like terms and like factors meet. Numbers stay exact until the end.

(defpackage :symbolic-algebra
  (:use :common-lisp)
  (:export #:differentiate #:infix #:too-complex #:+functions+ #:+operators+))

(in-package :symbolic-algebra)

(defparameter +functions+ '(:negate :sin :cos :tan :exp :log :sqrt :abs :sign))
(defparameter +operators+ '(:add :subtract :multiply :divide :power))

(define-condition too-complex (error) ()
  (:report "the derivative grew beyond what is drawn: more than 20000 parts"))

(defvar *parts-left* 0 "What is left of the bound on the work for one derivative.")

(defun differentiate (f)
  "The derivative of F with respect to x, simplified, with two sides to each operator."
  (let ((*parts-left* 20000))
    (expand-tree (simplify (derivative f)))))

(defun constant-p (expression)
  "True if EXPRESSION does not contain x."
  (cond ((eq expression :x) nil)
        ((consp expression) (every #'constant-p (rest expression)))
        (t t)))

(defun derivative (f)
  "The derivative of F with respect to x, not simplified."
  (when (minusp (decf *parts-left*)) (error 'too-complex))
  (cond ((constant-p f) 0)
        ((eq f :x) 1)
        ((third f) (derivative-of-operation (first f) (second f) (third f)))
        (t (let ((u (second f)))
             (list :multiply (outer-derivative (first f) u) (derivative u))))))

(defun outer-derivative (function u)
  (ecase function
    (:negate -1)
    (:sin `(:cos ,u))
    (:cos `(:negate (:sin ,u)))
    (:tan `(:power (:cos ,u) -2))
    (:exp `(:exp ,u))
    (:log `(:power ,u -1))
    (:sqrt `(:divide 1/2 (:sqrt ,u)))
    (:abs `(:sign ,u))
    (:sign 0)))

(defun derivative-of-operation (operator u v)
  (ecase operator
    ((:add :subtract) (list operator (derivative u) (derivative v)))
    (:multiply `(:add (:multiply ,(derivative u) ,v) (:multiply ,u ,(derivative v))))
    (:divide `(:subtract (:divide ,(derivative u) ,v)
                         (:divide (:multiply ,u ,(derivative v)) (:power ,v 2))))
    (:power
     (cond ((constant-p v) `(:multiply ,v (:multiply (:power ,u (:subtract ,v 1)) ,(derivative u))))
           ((constant-p u) `(:multiply (:power ,u ,v) (:multiply (:log ,u) ,(derivative v))))
           (t `(:multiply (:power ,u ,v)
                          (:add (:multiply ,(derivative v) (:log ,u))
                                (:divide (:multiply ,v ,(derivative u)) ,u))))))))

;;; Simplification

(defun simplify (e)
  "The flat form of the expression E."
  (when (minusp (decf *parts-left*)) (error 'too-complex))
  (if (atom e)
      e
      (destructuring-bind (head a &optional b) e
        (ecase head
          (:add (make-sum (list (simplify a) (simplify b))))
          (:subtract (make-sum (list (simplify a) (make-product (list -1 (simplify b))))))
          (:multiply (make-product (list (simplify a) (simplify b))))
          (:divide (make-quotient (simplify a) (simplify b)))
          (:power (make-power (simplify a) (simplify b)))
          (:negate (make-product (list -1 (simplify a))))
          ((:sin :cos :tan :exp :log :sqrt :abs :sign) (make-application head (simplify a)))))))

(defun add-to (key amount table combine)
  "TABLE, an association list, with AMOUNT combined into what KEY has."
  (let ((entry (assoc key table :test #'equal)))
    (if entry
        (substitute (cons key (funcall combine (cdr entry) amount)) entry table)
        (append table (list (cons key amount))))))

(defun make-sum (parts)
  (let ((constant 0) (terms '()))
    (flet ((add (term coefficient)
             (setf terms (add-to term coefficient terms #'+))))
      (dolist (part parts)
        (cond ((numberp part) (incf constant part))
              ((sum-p part)
               (incf constant (second part))
               (loop for (term . coefficient) in (cddr part) do (add term coefficient)))
              ((product-p part) (add (make-product (cons 1 (list (list* :product 1 (cddr part)))))
                                     (second part)))
              (t (add part 1)))))
    (setf terms (remove 0 terms :key #'cdr))
    (cond ((null terms) constant)
          ((and (zerop constant) (null (rest terms)))
           (make-product (list (cdr (first terms)) (car (first terms)))))
          (t (list* :sum constant terms)))))

(defun sum-p (e) (and (consp e) (eq (first e) :sum)))
(defun product-p (e) (and (consp e) (eq (first e) :product)))

(defun make-product (parts)
  (let ((coefficient 1) (factors '()))
    (labels ((multiply (base exponent)
               (setf factors (add-to base exponent factors
                                     (lambda (a b) (make-sum (list a b)))))))
      (dolist (part parts)
        (cond ((numberp part) (setf coefficient (* coefficient part)))
              ((product-p part)
               (setf coefficient (* coefficient (second part)))
               (loop for (base . exponent) in (cddr part) do (multiply base exponent)))
              (t (multiply part 1)))))
    (setf factors (remove 0 factors :key #'cdr :test #'eql))
    (cond ((eql coefficient 0) 0)
          ((null factors) coefficient)
          ((and (eql coefficient 1) (null (rest factors)) (eql (cdr (first factors)) 1))
           (car (first factors)))
          (t (list* :product coefficient factors)))))

(defun make-quotient (a b)
  (if (eql b 0)
      (list :product 1 (cons a 1) (cons 0 -1)) ; stays as it is: it has no value
      (make-product (list a (make-power b -1)))))

(defun make-power (base exponent)
  (cond ((eql exponent 0) 1)
        ((eql exponent 1) base)
        ((and (numberp base) (integerp exponent) (<= (abs exponent) 64)
              (not (and (zerop base) (minusp exponent))))
         (expt base exponent))
        ;; (c a^n b^m)^k = c^k a^nk b^mk holds for whole k.
        ((and (product-p base) (integerp exponent) (<= (abs exponent) 64)
              (not (find 0 (cddr base) :key #'car)))
         (list* :product (expt (second base) exponent)
                (loop for (factor . power) in (cddr base)
                      collect (cons factor (make-product (list power exponent))))))
        (t (list :product 1 (cons base exponent)))))

(defun make-application (function argument)
  (cond ((and (eql argument 0) (member function '(:sin :tan :sqrt :abs :sign))) 0)
        ((and (eql argument 0) (member function '(:cos :exp))) 1)
        ((and (eql argument 1) (eq function :log)) 0)
        ((and (eq argument :e) (eq function :log)) 1)
        ((and (realp argument) (eq function :abs)) (abs argument))
        ((and (realp argument) (eq function :sign)) (signum argument))
        ((and (rationalp argument) (eq function :sqrt) (plusp argument)
              (let ((root (rational-root argument))) root)))
        (t (list function argument))))

(defun rational-root (q)
  "The square root of Q if it is rational, else NIL."
  (let ((top (isqrt (numerator q))) (bottom (isqrt (denominator q))))
    (and (= (* top top) (numerator q)) (= (* bottom bottom) (denominator q)) (/ top bottom))))

;;; Back to a tree of operators with two sides each

(defun expand-tree (e)
  "The simplified expression E with operators again, as a person would write it."
  (cond ((numberp e) (expand-number e))
        ((atom e) e)
        ((sum-p e) (expand-sum (second e) (cddr e)))
        ((product-p e) (expand-product (second e) (cddr e)))
        (t (list (first e) (expand-tree (second e))))))

(defun exact-p (q)
  (and (< (integer-length (numerator q)) 1000) (< (integer-length (denominator q)) 1000)
       (= (rational (coerce q 'double-float)) q)))

(defun expand-number (q)
  (cond ((minusp q) `(:negate ,(expand-number (- q))))
        ((or (integerp q) (exact-p q)) q)
        (t `(:divide ,(numerator q) ,(denominator q)))))

(defun expand-sum (constant terms)
  (let ((parts (append (stable-sort (copy-list terms) #'> :key (lambda (term) (signum (cdr term))))
                       (unless (zerop constant) (list (cons nil constant))))))
    (flet ((part (entry sign)
             (destructuring-bind (term . coefficient) entry
               (expand-tree (if term
                                (make-product (list (* sign coefficient) term))
                                (* sign coefficient))))))
      (let ((plus (remove-if #'minusp parts :key #'cdr)) (minus (remove-if #'plusp parts :key #'cdr)))
        (let ((left (and plus (balanced :add (mapcar (lambda (p) (part p 1)) plus))))
              (right (and minus (balanced :add (mapcar (lambda (p) (part p -1)) minus)))))
          (cond ((null right) left)
                ((null left) `(:negate ,right))
                (t `(:subtract ,left ,right))))))))

(defun expand-product (coefficient factors)
  (let ((above '()) (below '()))
    (loop for (base . exponent) in (stable-sort (copy-list factors) #'< :key #'factor-rank)
          do (if (and (realp exponent) (minusp exponent))
                 (push (expand-power base (- exponent)) below)
                 (push (expand-power base exponent) above)))
    (let* ((size (abs coefficient))
           (whole (if (exact-p size) size (numerator size)))
           (part (if (exact-p size) 1 (denominator size)))
           (quarter (and (exact-p size) (< size 1) (= (numerator size) 1))))
      (when quarter (setf whole 1 part (denominator size))) ; x/4 reads better than 0.25*x
      (setf above (nreverse above) below (nreverse below))
      (unless (and (eql whole 1) above) (push whole above))
      (unless (eql part 1) (push part below))
      (let* ((top (balanced :multiply above))
             (result (if below `(:divide ,top ,(balanced :multiply below)) top)))
        (if (minusp coefficient) `(:negate ,result) result)))))

(defun factor-rank (factor)
  (let ((base (car factor)))
    (cond ((atom base) 0) ((sum-p base) 2) (t 1))))

(defun expand-power (base exponent)
  (if (eql exponent 1)
      (expand-tree base)
      `(:power ,(expand-tree base) ,(expand-tree exponent))))

(defun balanced (operator parts)
  "PARTS joined by the associative OPERATOR in a tree that is as flat as can be: messages may not be
nested deeply."
  (if (null (rest parts))
      (first parts)
      (let ((half (ceiling (length parts) 2)))
        (list operator (balanced operator (subseq parts 0 half))
              (balanced operator (subseq parts half))))))

;;; Text

(defun infix (e &optional (outer 0))
  "The expanded expression E as text. OUTER is the precedence of what stands around it."
  (flet ((wrapped (precedence text)
           (if (< precedence outer) (format nil "(~a)" text) text)))
    (cond ((realp e) (number-text e))
          ((atom e) (string-downcase e))
          ((eq (first e) :negate) (wrapped 1 (format nil "-~a" (infix (second e) 2))))
          ((null (third e)) (format nil "~(~a~)(~a)" (first e) (infix (second e))))
          (t (destructuring-bind (operator left right) e
               (ecase operator
                 (:add (wrapped 1 (format nil "~a + ~a" (infix left 1) (infix right 2))))
                 (:subtract (wrapped 1 (format nil "~a - ~a" (infix left 1) (infix right 2))))
                 (:multiply (wrapped 2 (format nil "~a*~a" (infix left 2) (infix right 2))))
                 (:divide (wrapped 2 (format nil "~a/~a" (infix left 2) (infix right 3))))
                 (:power (wrapped 4 (format nil "~a^~a" (infix left 5) (infix right 4))))))))))

(defun number-text (q)
  (if (integerp q)
      (format nil "~d" q)
      (let ((*read-default-float-format* 'double-float))
        (format nil "~a" (coerce q 'double-float)))))
