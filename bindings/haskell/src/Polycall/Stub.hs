{-# LANGUAGE MagicHash #-}

-- |
-- What generated clients and handlers stand on. Programs import "Polycall".
module Polycall.Stub
  ( module Polycall.Call
  , module Polycall.Channel
  , module Polycall.Context
  , module Polycall.Server
  , Status
  , Either
  , bytesAt
  , unimplemented2
  , unimplemented3
  ) where

import qualified Data.Text as Text
import GHC.Exts (Addr#, Ptr (Ptr))
import Polycall.Call
import Polycall.Channel
import Polycall.Context
import Polycall.Server
import Polycall.Status

-- | Static memory of a size.
bytesAt :: Int -> Addr# -> Bytes
bytesAt size at = Bytes (Ptr at) size

unimplemented :: String -> IO a
unimplemented name = throwStatus Unimplemented (Text.pack (name ++ " is not implemented"))

-- | A handler with two arguments that answers UNIMPLEMENTED.
unimplemented2 :: String -> a -> b -> IO c
unimplemented2 name _ _ = unimplemented name

-- | The same with three.
unimplemented3 :: String -> a -> b -> c -> IO d
unimplemented3 name _ _ _ = unimplemented name
