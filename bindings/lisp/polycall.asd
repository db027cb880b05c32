;;;; The systems of PolyCall's Common Lisp binding.

(asdf:defsystem "polycall"
  :description "Typed remote procedure calls between six languages: the Common Lisp binding."
  :version "0.1.0"
  :depends-on ("cffi" "polycall/messages")
  :pathname "src/rpc/"
  :serial t
  :components ((:file "platform-sbcl" :if-feature :sbcl)
               (:file "platform-ecl" :if-feature :ecl)
               (:file "library")
               (:file "abi")
               (:file "status")
               (:file "metadata")
               (:file "objects")
               (:file "payload")
               (:file "limits")
               (:file "tls")
               (:file "interceptor")
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
               (:file "handler-ecl" :if-feature :ecl)
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
                             (:file "platform-sbcl" :if-feature :sbcl)
                             (:file "platform-ecl" :if-feature :ecl)
                             (:file "conditions")
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
