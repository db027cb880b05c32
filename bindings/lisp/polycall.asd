;;;; The systems of PolyCall's Common Lisp binding.
;;;;
;;;; Files of one implementation are left out by the reader: a component that ASDF leaves out by :IF-FEATURE
;;;; would break the chain of :SERIAL, and what comes after it would not be compiled again.

(asdf:defsystem "polycall"
  :description "Typed remote procedure calls between six languages: the Common Lisp binding."
  :version "0.1.0"
  :depends-on ("cffi" "polycall/messages")
  :pathname "src/rpc/"
  :serial t
  :components (#+sbcl (:file "platform-sbcl")
               #+ecl (:file "platform-ecl")
               (:file "library")
               (:file "abi")
               (:file "status")
               (:file "metadata")
               (:file "objects")
               (:file "payload")
               (:file "limits")
               (:file "tls")
               (:file "interceptor")
               (:file "passing")
               (:file "channel")
               (:file "interrupts")
               (:file "method")
               (:file "options")
               (:file "unary")
               (:file "call")
               (:file "future")
               (:file "context")
               (:file "identity")
               (:file "handler")
               #+ecl (:file "handler-ecl")
               (:file "server")
               (:file "host")
               (:file "host-module")
               (:file "log")
               (:file "define-service")))

(asdf:defsystem "polycall/messages"
  :description "Protocol Buffers messages in Common Lisp, and their codec. Needs no C library."
  :version "0.1.0"
  :depends-on ()
  :pathname "src/"
  :serial t
  :components ((:file "package")
               (:module "wire"
                :serial t
                :components ((:file "types")
                             #+sbcl (:file "platform-sbcl")
                             #+ecl (:file "platform-ecl")
                             (:file "conditions")
                             #-ecl (:file "numbers")
                             #+ecl (:file "numbers-ecl")
                             (:file "utf8")
                             (:file "reader")
                             (:file "writer")))
               (:module "message"
                :serial t
                :components ((:file "message")
                             (:file "registry")
                             (:file "field")
                             (:file "enum")
                             (:file "structure")
                             (:file "decoder")
                             (:file "encoder")
                             (:file "codec")
                             (:file "define-message")
                             (:file "proto-file")))))
