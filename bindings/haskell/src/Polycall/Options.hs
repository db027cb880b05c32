-- |
-- Options of channels and servers that both have. A 'Nothing' is the default in the comment.
module Polycall.Options
  ( Limits (..)
  , defaultLimits
  , pokeLimits
  , limitsSize
  ) where

import Data.Int (Int64)
import Data.Word (Word32, Word64)
import Foreign.Ptr (Ptr)
import Foreign.Storable (pokeByteOff)
import Polycall.Runtime (Seconds, seconds)

-- | Bounds, by name as error messages give them. Sizes in bytes.
data Limits = Limits
  { limitMaxMessageSize :: !(Maybe Int)
    -- ^ 16 MiB; a greater message ends its call with RESOURCE_EXHAUSTED.
  , limitMaxMetadataSize :: !(Maybe Int) -- ^ 16 KiB for one direction of a call.
  , limitMaxCallsPerConnection :: !(Maybe Int) -- ^ 4096; further calls wait at the caller.
  , limitMaxConnections :: !(Maybe Int) -- ^ 16384 (servers).
  , limitCallWindow :: !(Maybe Int)
    -- ^ 256 KiB unread for a call and direction before a sender waits.
  , limitConnectionWindow :: !(Maybe Int) -- ^ 16 MiB unread for a connection and direction.
  , limitMaxPendingCalls :: !(Maybe Int) -- ^ 16384 calls that wait for a connection or thread.
  , limitHandshakeTimeout :: !(Maybe Seconds) -- ^ 5 s.
  , limitIdleTimeout :: !(Maybe Seconds) -- ^ None; an idle connection is drained after it.
  , limitKeepaliveInterval :: !(Maybe Seconds) -- ^ 30 s of silence with calls under way.
  , limitKeepaliveTimeout :: !(Maybe Seconds) -- ^ 20 s until an unanswered ping ends a connection.
  }
  deriving (Eq, Show)

-- | All as the runtime has them.
defaultLimits :: Limits
defaultLimits = Limits Nothing Nothing Nothing Nothing Nothing Nothing Nothing Nothing Nothing
  Nothing Nothing

-- | Bytes of polycall_limits.
limitsSize :: Int
limitsSize = 72

-- | Fills a polycall_limits.
pokeLimits :: Ptr a -> Limits -> IO ()
pokeLimits at limits = do
  pokeByteOff at 0 (fromIntegral limitsSize :: Word64)
  pokeByteOff at 8 (maybe 0 fromIntegral (limitMaxMessageSize limits) :: Word64)
  word 16 (limitMaxMetadataSize limits)
  word 20 (limitMaxCallsPerConnection limits)
  word 24 (limitMaxConnections limits)
  word 28 (limitCallWindow limits)
  word 32 (limitConnectionWindow limits)
  word 36 (limitMaxPendingCalls limits)
  time 40 (limitHandshakeTimeout limits)
  time 48 (limitIdleTimeout limits)
  time 56 (limitKeepaliveInterval limits)
  time 64 (limitKeepaliveTimeout limits)
  where
    word place value = pokeByteOff at place (maybe 0 fromIntegral value :: Word32)
    time place value = pokeByteOff at place (maybe 0 seconds value :: Int64)
