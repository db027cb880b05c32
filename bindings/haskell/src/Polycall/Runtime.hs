{-# LANGUAGE OverloadedStrings #-}

-- | What has to be so before anything else: checked once in a process. Not for programs.
module Polycall.Runtime
  ( ensureRuntime
  , seconds
  , fromNanoseconds
  , Seconds
  ) where

import Control.Concurrent (rtsSupportsBoundThreads)
import Control.Exception (evaluate)
import Control.Monad (unless)
import Data.Int (Int64)
import qualified Data.Text as Text
import Polycall.Foreign
import Polycall.Status
import System.IO.Unsafe (unsafePerformIO)

-- | A span of time.
type Seconds = Double

-- | Nanoseconds of the ABI; what is greater than it can say is its greatest.
seconds :: Seconds -> Int64
seconds span_
  | span_ * 1e9 >= 9.2e18 = maxBound
  | otherwise = round (span_ * 1e9)

-- | The other way round.
fromNanoseconds :: Int64 -> Seconds
fromNanoseconds nanoseconds = fromIntegral nanoseconds / 1e9

-- | Throws FAILED_PRECONDITION where the binding cannot work.
ensureRuntime :: IO ()
ensureRuntime = evaluate started >>= either (throwStatus FailedPrecondition) return

started :: Either Text.Text ()
started = unsafePerformIO $ do
  abi <- c_abi_version
  if not rtsSupportsBoundThreads
    then return (Left "PolyCall needs GHC's threaded runtime: link the program with `ghc -threaded`")
    else if abi < 1
      then return (Left "libpolycall.so is older than the Haskell binding: install the one it came with")
      else do
        problem <- c_start
        return $ unless (problem == 0) $
          Left (Text.pack ("PolyCall could not start its interruption of calls: errno " ++ show problem))
{-# NOINLINE started #-}
