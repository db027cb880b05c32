{-# LANGUAGE OverloadedStrings #-}

-- |
-- Metadata: an ordered list of keys and values that goes with a call, keys repeatable.
--
-- Keys are lower-case ASCII letters, digits, @-@, @_@ and @.@; a key that ends in @-bin@ holds bytes,
-- every other one printable ASCII.
module Polycall.Metadata
  ( Metadata
  , lookupMetadata
  , lookupAllMetadata
  , withMetadata
  , readMetadata
  , addMetadata
  ) where

import Control.Exception (bracket)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Unsafe as ByteString
import Foreign.Marshal.Alloc (alloca)
import Foreign.Ptr (Ptr, nullPtr)
import Foreign.Storable (peek)
import Polycall.Foreign

-- | Keys and values in their order.
type Metadata = [(ByteString, ByteString)]

-- | The last value of a key.
lookupMetadata :: ByteString -> Metadata -> Maybe ByteString
lookupMetadata key = lookup key . reverse

-- | All values of a key.
lookupAllMetadata :: ByteString -> Metadata -> [ByteString]
lookupAllMetadata key entries = [value | (found, value) <- entries, found == key]

-- | A handle of the metadata, null for none. Throws the status of what is no key or value.
withMetadata :: Metadata -> (Ptr MetadataHandle -> IO a) -> IO a
withMetadata [] use = use nullPtr
withMetadata entries use = bracket c_metadata_new c_metadata_free $ \handle -> do
  addMetadata handle entries
  use handle

-- | Adds entries to a handle.
addMetadata :: Ptr MetadataHandle -> Metadata -> IO ()
addMetadata handle = mapM_ add
  where
    add (key, value) = withStatus $ \failure ->
      ByteString.useAsCString key $ \keyText ->
        ByteString.unsafeUseAsCStringLen value $ \(memory, size) -> do
          code <- c_metadata_add handle keyText memory (fromIntegral size) failure
          throwCode failure code

-- | What a handle holds, copied; null holds nothing.
readMetadata :: Ptr MetadataHandle -> IO Metadata
readMetadata handle
  | handle == nullPtr = return []
  | otherwise = do
      count <- c_metadata_count handle
      if count == 0 then return [] else
        alloca $ \key -> alloca $ \value -> alloca $ \size -> mapM (entry key value size) [0 .. count - 1]
  where
    entry key value size i = do
      _ <- c_metadata_get handle i key value size
      name <- peek key >>= ByteString.packCString
      memory <- peek value
      bytes <- peek size
      content <- if bytes == 0
        then return ByteString.empty
        else ByteString.packCStringLen (memory, fromIntegral bytes)
      return (name, content)
