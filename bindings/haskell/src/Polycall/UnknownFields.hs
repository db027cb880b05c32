{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- |
-- Fields that a program does not know: those of a newer version of the message, groups and
-- extensions. They are kept as they came, and written again.
module Polycall.UnknownFields
  ( UnknownFields
  , noUnknownFields
  , unknownFieldsToBytes
  , unknownFieldsFromArray
  , unknownFieldsToArray
  ) where

import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import GHC.Exts
  ( ByteArray#
  , Int (I#)
  , indexWord8Array#
  , newByteArray#
  , runRW#
  , sizeofByteArray#
  , unsafeFreezeByteArray#
  )
import GHC.Word (Word8 (W8#))

-- | The fields in wire format, each with its tag.
data UnknownFields = UnknownFields ByteArray#

instance Eq UnknownFields where
  one == other = unknownFieldsToBytes one == unknownFieldsToBytes other

instance Show UnknownFields where
  showsPrec precedence = showsPrec precedence . unknownFieldsToBytes

-- | None.
noUnknownFields :: UnknownFields
noUnknownFields = runRW# (\s -> case newByteArray# 0# s of
  (# s1, made #) -> case unsafeFreezeByteArray# made s1 of (# _, array #) -> UnknownFields array)
{-# NOINLINE noUnknownFields #-}

-- | The fields in wire format.
unknownFieldsToBytes :: UnknownFields -> ByteString
unknownFieldsToBytes (UnknownFields array) =
  fst (ByteString.unfoldrN (I# (sizeofByteArray# array)) next 0)
  where
    next i@(I# i#) = Just (W8# (indexWord8Array# array i#), i + 1)

-- | Takes an array that is in wire format.
unknownFieldsFromArray :: ByteArray# -> UnknownFields
unknownFieldsFromArray = UnknownFields

-- | The memory of the fields.
unknownFieldsToArray :: UnknownFields -> ByteArray#
unknownFieldsToArray (UnknownFields array) = array
