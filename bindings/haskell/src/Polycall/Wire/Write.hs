{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- |
-- Writing the protobuf wire format, for generated code. Programs use "Polycall.Message".
--
-- A message is walked twice: once for the exact size, once to write into memory of that size. The
-- lengths of submessages are noted on the first way ('Sizes') and read in the same order on the
-- second, so that the work is linear however deep the nesting is.
module Polycall.Wire.Write
  ( Size (..)
  , Poke (..)
  , Sizes
  , newSizes
  , known
    -- * Combinators
  , sizeUnless
  , pokeUnless
  , sizeMaybe
  , pokeMaybe
  , sizeList
  , pokeList
  , sizeNested
  , pokeNested
  , sizeMap
  , pokeMap
  , sizeUnknown
  , pokeUnknown
    -- * Primitives
  , varintSize
  , pokeVarint
  , pokeTag
  , pokeByteArray
  ) where

import Data.Map.Strict (Map)
import qualified Data.Map.Strict as Map
import GHC.Exts
import Polycall.UnknownFields (UnknownFields, unknownFieldsToArray)

-- | Adds the bytes of something to a count.
newtype Size = Size (Int# -> State# RealWorld -> (# State# RealWorld, Int# #))

instance Semigroup Size where
  Size f <> Size g = Size (\n s -> case f n s of (# s1, n1 #) -> g n1 s1)
  {-# INLINE (<>) #-}

instance Monoid Size where
  mempty = Size (\n s -> (# s, n #))
  {-# INLINE mempty #-}

-- | Writes something to a place and answers the place behind it.
newtype Poke = Poke (Addr# -> State# RealWorld -> (# State# RealWorld, Addr# #))

instance Semigroup Poke where
  Poke f <> Poke g = Poke (\at s -> case f at s of (# s1, next #) -> g next s1)
  {-# INLINE (<>) #-}

instance Monoid Poke where
  mempty = Poke (\at s -> (# s, at #))
  {-# INLINE mempty #-}

-- | So many bytes.
known :: Int -> Size
known (I# bytes) = Size (\n s -> (# s, n +# bytes #))
{-# INLINE known #-}

-- ---------------------------------------------------------------------------------------------
-- The lengths of submessages

-- | A queue of lengths: how many there are and which is next to be read; and the lengths.
data Sizes = Sizes (MutableByteArray# RealWorld) (MutVar# RealWorld Block)

data Block = Block (MutableByteArray# RealWorld)

-- | An empty queue.
newSizes :: State# RealWorld -> (# State# RealWorld, Sizes #)
newSizes s = case newByteArray# 16# s of
  (# s1, counters #) -> case writeIntArray# counters 0# 0# s1 of
    s2 -> case writeIntArray# counters 1# 0# s2 of
      s3 -> case newByteArray# 128# s3 of
        (# s4, array #) -> case newMutVar# (Block array) s4 of
          (# s5, block #) -> (# s5, Sizes counters block #)

-- A place in the queue for a length that is not known yet.
reserve :: Sizes -> State# RealWorld -> (# State# RealWorld, Int# #)
reserve (Sizes counters block) s = case readIntArray# counters 0# s of
  (# s1, count #) -> case writeIntArray# counters 0# (count +# 1#) s1 of
    s2 -> case readMutVar# block s2 of
      (# s3, Block array #) -> case getSizeofMutableByteArray# array s3 of
        (# s4, capacity #)
          | isTrue# ((count *# 8#) <# capacity) -> (# s4, count #)
          | otherwise -> case newByteArray# (capacity *# 2#) s4 of
              (# s5, bigger #) -> case copyMutableByteArray# array 0# bigger 0# capacity s5 of
                s6 -> (# writeMutVar# block (Block bigger) s6, count #)

setSize :: Sizes -> Int# -> Int# -> State# RealWorld -> State# RealWorld
setSize (Sizes _ block) i size s = case readMutVar# block s of
  (# s1, Block array #) -> writeIntArray# array i size s1

nextSize :: Sizes -> State# RealWorld -> (# State# RealWorld, Int# #)
nextSize (Sizes counters block) s = case readIntArray# counters 1# s of
  (# s1, next #) -> case readMutVar# block (writeIntArray# counters 1# (next +# 1#) s1) of
    (# s2, Block array #) -> readIntArray# array next s2

-- ---------------------------------------------------------------------------------------------
-- Primitives

-- | Bytes of a varint.
varintSize :: Word -> Int
varintSize (W# value) = I# (quotInt# (70# -# word2Int# (clz# (value `or#` 1##))) 7#)
{-# INLINE varintSize #-}

-- | Writes a varint.
pokeVarint :: Word -> Poke
pokeVarint (W# start) = Poke (\at s ->
  if isTrue# (start `ltWord#` 0x80##)
    then (# writeWord8OffAddr# at 0# start s, plusAddr# at 1# #)
    else go start at s)
  where
    go value at s
      | isTrue# (value `ltWord#` 0x80##) =
          (# writeWord8OffAddr# at 0# value s, plusAddr# at 1# #)
      | otherwise = go (value `uncheckedShiftRL#` 7#) (plusAddr# at 1#)
          (writeWord8OffAddr# at 0# ((value `and#` 0x7f##) `or#` 0x80##) s)
{-# NOINLINE pokeVarint #-}

-- | Writes a tag, which mostly is one byte.
pokeTag :: Int -> Poke
pokeTag (I# tag) = Poke (\at s ->
  if isTrue# (tag <# 0x80#)
    then (# writeWord8OffAddr# at 0# (int2Word# tag) s, plusAddr# at 1# #)
    else case pokeVarint (W# (int2Word# tag)) of Poke f -> f at s)
{-# INLINE pokeTag #-}

-- | Copies an array.
pokeByteArray :: ByteArray# -> Poke
pokeByteArray array = Poke (\at s ->
  case sizeofByteArray# array of
    size -> (# copyByteArrayToAddr# array 0# at size s, plusAddr# at size #))

-- ---------------------------------------------------------------------------------------------
-- Combinators

-- | A field that is left out if the condition holds.
sizeUnless :: Bool -> Int -> Size
sizeUnless absent (I# bytes) = Size (\n s -> (# s, if absent then n else n +# bytes #))
{-# INLINE sizeUnless #-}

-- | The same for writing.
pokeUnless :: Bool -> Poke -> Poke
pokeUnless absent (Poke f) = Poke (\at s -> if absent then (# s, at #) else f at s)
{-# INLINE pokeUnless #-}

-- | A field that may be absent.
sizeMaybe :: (a -> Size) -> Maybe a -> Size
sizeMaybe f value = Size (\n s -> case value of
  Nothing -> (# s, n #)
  Just present -> case f present of Size g -> g n s)
{-# INLINE sizeMaybe #-}

-- | The same for writing.
pokeMaybe :: (a -> Poke) -> Maybe a -> Poke
pokeMaybe f value = Poke (\at s -> case value of
  Nothing -> (# s, at #)
  Just present -> case f present of Poke g -> g at s)
{-# INLINE pokeMaybe #-}

-- | All elements.
sizeList :: (a -> Size) -> [a] -> Size
sizeList f elements = Size (\n s -> go elements n s)
  where
    go [] n s = (# s, n #)
    go (x : rest) n s = case f x of Size g -> case g n s of (# s1, n1 #) -> go rest n1 s1
{-# NOINLINE sizeList #-}

-- | The same for writing.
pokeList :: (a -> Poke) -> [a] -> Poke
pokeList f elements = Poke (\at s -> go elements at s)
  where
    go [] at s = (# s, at #)
    go (x : rest) at s = case f x of Poke g -> case g at s of (# s1, next #) -> go rest next s1
{-# NOINLINE pokeList #-}

-- | A tag of so many bytes, a length and what is as long; the length is noted.
sizeNested :: Int -> Sizes -> Size -> Size
sizeNested (I# tagSize) sizes (Size f) = Size (\n s -> case reserve sizes s of
  (# s1, i #) -> case f 0# s1 of
    (# s2, size #) -> case varintSize (W# (int2Word# size)) of
      I# lengthSize ->
        (# setSize sizes i size s2, n +# tagSize +# lengthSize +# size #))
{-# NOINLINE sizeNested #-}

-- | Writes the tag, the length that was noted, and the rest.
pokeNested :: Int -> Sizes -> Poke -> Poke
pokeNested tag sizes (Poke f) = Poke (\at s -> case nextSize sizes s of
  (# s1, size #) -> case pokeTag tag <> pokeVarint (W# (int2Word# size)) of
    Poke g -> case g at s1 of (# s2, next #) -> f next s2)
{-# NOINLINE pokeNested #-}

-- | All entries of a map.
sizeMap :: Int -> Sizes -> (k -> v -> Size) -> Map k v -> Size
sizeMap tagSize sizes f entries =
  sizeList (\(key, value) -> sizeNested tagSize sizes (f key value)) (Map.toAscList entries)
{-# NOINLINE sizeMap #-}

-- | The same for writing.
pokeMap :: Int -> Sizes -> (k -> v -> Poke) -> Map k v -> Poke
pokeMap tag sizes f entries =
  pokeList (\(key, value) -> pokeNested tag sizes (f key value)) (Map.toAscList entries)
{-# NOINLINE pokeMap #-}

-- | The fields that are not known.
sizeUnknown :: UnknownFields -> Size
sizeUnknown fields = known (I# (sizeofByteArray# (unknownFieldsToArray fields)))
{-# INLINE sizeUnknown #-}

-- | The same for writing.
pokeUnknown :: UnknownFields -> Poke
pokeUnknown fields = pokeByteArray (unknownFieldsToArray fields)
