{-# LANGUAGE ForeignFunctionInterface #-}

-- | The module of faults_test.cc for the Haskell host.
module Handlers (polycall_register) where

import Control.Exception (throwIO)
import Polycall
import Polycall.Host (Register, hosted)
import Proto.Faults

foreign export ccall polycall_register :: Register

-- So deep that the stack overflows long before it ends.
fall :: Integer -> Integer
fall n = if n > 1000000000000 then 0 else n + fall (n + 1)

polycall_register :: Register
polycall_register = hosted $ \server -> addService server $ serveBroken brokenHandlers
  { brokenFallHandler = \_ request ->
      return defaultMessage { numberValue = fromInteger (fall (fromIntegral (numberValue request))) }
  , brokenFailHandler = \_ _ -> throwIO (userError "it broke")
  , brokenBabbleHandler = \_ _ -> return (error "no number")
  , brokenStandHandler = \_ request -> return request
  }
