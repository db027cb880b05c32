{-# LANGUAGE ForeignFunctionInterface #-}

-- | The test services as a module for the Haskell host.
module Module (polycall_register) where

import Interop.Services (services)
import Polycall (addService)
import Polycall.Host (Register, hosted)

foreign export ccall polycall_register :: Register

-- | Adds both services. Their handler of Shutdown only answers: the loader ends the server.
polycall_register :: Register
polycall_register = hosted $ \server ->
  services (const (return ())) >>= mapM_ (addService server)
