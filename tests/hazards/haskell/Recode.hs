{-# LANGUAGE ScopedTypeVariables #-}

-- | One message type: decoded, compared, encoded again.
module Recode (Entry, entry) where

import Data.ByteString (ByteString)
import Data.Proxy (Proxy)
import Polycall

-- | The full name, and what becomes of bytes.
type Entry = (String, ByteString -> Either String ByteString)

entry :: forall a. Message a => Proxy a -> Entry
entry _ = (messageName (undefined :: a), recode)
  where
    recode bytes = case decode bytes of
      Left problem -> Left (show problem)
      Right (message :: a)
        | decode (encode message) /= Right message, same -> Left "it does not come back as it went"
        | otherwise -> Right (encode message)
      where
        -- A message with a NaN equals none.
        same = decode bytes == (decode bytes :: Either DecodeError a)
