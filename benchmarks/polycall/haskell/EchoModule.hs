{-# LANGUAGE ForeignFunctionInterface #-}

-- | The benchmark's service as a module for the Haskell host (../hosted_echo.c).
module EchoModule (polycall_register) where

import Echo (service)
import Polycall (addService)
import Polycall.Host (Register, hosted)

foreign export ccall polycall_register :: Register

polycall_register :: Register
polycall_register = hosted (\server -> addService server service)
