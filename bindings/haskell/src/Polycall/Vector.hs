{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE RoleAnnotations #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TypeApplications #-}
{-# LANGUAGE AllowAmbiguousTypes #-}
{-# LANGUAGE TypeFamilies #-}
{-# LANGUAGE UnboxedTuples #-}

-- |
-- Unboxed vectors of numbers, as repeated scalar fields have them: one block of memory, no pointer
-- for each element. To be imported qualified:
--
-- > import qualified Polycall.Vector as Vector
--
-- With @OverloadedLists@ a list literal is one. Made of GHC's boot packages alone; for heavy
-- arithmetic convert with 'toList' or 'index' into the container of your choice.
module Polycall.Vector
  ( Vector
  , Element (..)
    -- * Making
  , empty
  , singleton
  , fromList
  , fromListN
  , generate
  , append
    -- * Asking
  , length
  , null
  , index
  , unsafeIndex
  , toList
    -- * All elements
  , map
  , foldl'
  , sum
    -- * For generated code and the codec
  , unsafeFromArray
  , unsafeToArray
  ) where

import Data.Int (Int32, Int64)
import Data.Kind (Type)
import Data.Word (Word32, Word64)
import GHC.Exts
  ( ByteArray#
  , Double (D#)
  , Float (F#)
  , Int (I#)
  , Int#
  , MutableByteArray#
  , RealWorld
  , State#

  , copyByteArray#
  , indexDoubleArray#
  , indexFloatArray#
  , indexInt32Array#
  , indexInt64Array#
  , indexInt8Array#
  , indexWord32Array#
  , indexWord64Array#
  , newByteArray#
  , quotInt#
  , sizeofByteArray#
  , unsafeFreezeByteArray#
  , writeDoubleArray#
  , writeFloatArray#
  , writeInt32Array#
  , writeInt64Array#
  , writeInt8Array#
  , writeWord32Array#
  , writeWord64Array#
  , (*#)
  , runRW#
  )
import qualified GHC.Exts as Exts
import GHC.Int (Int32 (I32#), Int64 (I64#))
import GHC.Word (Word32 (W32#), Word64 (W64#))
import Prelude hiding (length, map, null, sum)
import qualified Prelude

-- | A vector of numbers. Strict in its elements, immutable, safe to share between threads.
type role Vector nominal
data Vector (a :: Type) = Vector ByteArray#

-- | What a 'Vector' can hold: the Haskell types of protobuf's scalars.
class Element a where
  -- | Bytes of one element.
  elementSize# :: (a -> ()) -> Int#
  -- | The element at a place, unchecked.
  index# :: ByteArray# -> Int# -> a
  -- | Stores an element, unchecked.
  write# :: MutableByteArray# RealWorld -> Int# -> a -> State# RealWorld -> State# RealWorld

instance Element Int32 where
  elementSize# _ = 4#
  index# array i = I32# (indexInt32Array# array i)
  write# array i (I32# x) = writeInt32Array# array i x
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

instance Element Int64 where
  elementSize# _ = 8#
  index# array i = I64# (indexInt64Array# array i)
  write# array i (I64# x) = writeInt64Array# array i x
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

instance Element Word32 where
  elementSize# _ = 4#
  index# array i = W32# (indexWord32Array# array i)
  write# array i (W32# x) = writeWord32Array# array i x
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

instance Element Word64 where
  elementSize# _ = 8#
  index# array i = W64# (indexWord64Array# array i)
  write# array i (W64# x) = writeWord64Array# array i x
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

instance Element Float where
  elementSize# _ = 4#
  index# array i = F# (indexFloatArray# array i)
  write# array i (F# x) = writeFloatArray# array i x
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

instance Element Double where
  elementSize# _ = 8#
  index# array i = D# (indexDoubleArray# array i)
  write# array i (D# x) = writeDoubleArray# array i x
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

instance Element Bool where
  elementSize# _ = 1#
  index# array i = Exts.isTrue# (indexInt8Array# array i Exts./=# 0#)
  write# array i x = writeInt8Array# array i (if x then 1# else 0#)
  {-# INLINE elementSize# #-}
  {-# INLINE index# #-}
  {-# INLINE write# #-}

sizeOf# :: forall a. Element a => Int#
sizeOf# = elementSize# (const () :: a -> ())
{-# INLINE sizeOf# #-}

-- | The number of elements.
length :: forall a. Element a => Vector a -> Int
length (Vector array) = I# (sizeofByteArray# array `quotInt#` sizeOf# @a)
{-# INLINE length #-}

-- | Whether there is no element.
null :: Vector a -> Bool
null (Vector array) = Exts.isTrue# (sizeofByteArray# array Exts.==# 0#)
{-# INLINE null #-}

-- | The element at a place, counted from 0; 'Nothing' outside of the vector.
index :: Element a => Vector a -> Int -> Maybe a
index vector i
  | i < 0 || i >= length vector = Nothing
  | otherwise = Just (unsafeIndex vector i)
{-# INLINE index #-}

-- | The element at a place that the caller knows to be inside.
unsafeIndex :: Element a => Vector a -> Int -> a
unsafeIndex (Vector array) (I# i) = index# array i
{-# INLINE unsafeIndex #-}

-- | No elements.
empty :: Vector a
empty = runRW# (\s -> case newByteArray# 0# s of
  (# s1, made #) -> case unsafeFreezeByteArray# made s1 of (# _, array #) -> Vector array)
{-# NOINLINE empty #-}

-- | One element.
singleton :: Element a => a -> Vector a
singleton x = generate 1 (const x)

-- | @generate n f@ is @f 0@ to @f (n - 1)@.
generate :: forall a. Element a => Int -> (Int -> a) -> Vector a
generate count f
  | count <= 0 = empty
  | otherwise = runRW# (\s -> case newByteArray# (count# *# sizeOf# @a) s of
      (# s1, made #) -> go made 0# s1)
  where
    !(I# count#) = count
    go made i s
      | Exts.isTrue# (i Exts.>=# count#) = case unsafeFreezeByteArray# made s of
          (# _, array #) -> Vector array
      | otherwise = case f (I# i) of
          !x -> go made (i Exts.+# 1#) (write# made i x s)
{-# INLINE generate #-}

-- | The elements of a list.
fromList :: Element a => [a] -> Vector a
fromList list = fromListN (Prelude.length list) list

-- | The first @n@ elements of a list; fewer if it is shorter.
fromListN :: forall a. Element a => Int -> [a] -> Vector a
fromListN count list
  | wanted <= 0 = empty
  | otherwise = runRW# (\s -> case newByteArray# (wanted# *# sizeOf# @a) s of
      (# s1, made #) -> go made 0# list s1)
  where
    !wanted = min count (Prelude.length (take count list))
    !(I# wanted#) = wanted
    go :: MutableByteArray# RealWorld -> Int# -> [a] -> State# RealWorld -> Vector a
    go made i (!x : rest) s
      | Exts.isTrue# (i Exts.<# wanted#) = go made (i Exts.+# 1#) rest (write# made i x s)
    go made _ _ s = case unsafeFreezeByteArray# made s of (# _, array #) -> Vector array

-- | All elements.
toList :: Element a => Vector a -> [a]
toList vector = Exts.build (\cons nil ->
  let go i | i >= length vector = nil
           | otherwise = unsafeIndex vector i `cons` go (i + 1)
   in go 0)
{-# INLINE toList #-}

-- | One vector behind the other.
append :: Vector a -> Vector a -> Vector a
append one@(Vector a) other@(Vector b)
  | null one = other
  | null other = one
  | otherwise = runRW# (\s -> case newByteArray# (sizeA Exts.+# sizeB) s of
      (# s1, made #) -> case copyByteArray# a 0# made 0# sizeA s1 of
        s2 -> case copyByteArray# b 0# made sizeA sizeB s2 of
          s3 -> case unsafeFreezeByteArray# made s3 of (# _, array #) -> Vector array)
  where
    !sizeA = sizeofByteArray# a
    !sizeB = sizeofByteArray# b

-- | A function of each element.
map :: (Element a, Element b) => (a -> b) -> Vector a -> Vector b
map f vector = generate (length vector) (f . unsafeIndex vector)
{-# INLINE map #-}

-- | A strict fold from the left.
foldl' :: Element a => (b -> a -> b) -> b -> Vector a -> b
foldl' f start vector = go start 0
  where
    !count = length vector
    go !sofar i
      | i >= count = sofar
      | otherwise = go (f sofar (unsafeIndex vector i)) (i + 1)
{-# INLINE foldl' #-}

-- | The sum of all elements.
sum :: (Element a, Num a) => Vector a -> a
sum = foldl' (+) 0
{-# INLINE sum #-}

-- | Takes the memory of an array whose size is a multiple of the element's.
unsafeFromArray :: ByteArray# -> Vector a
unsafeFromArray = Vector
{-# INLINE unsafeFromArray #-}

-- | The memory of a vector.
unsafeToArray :: Vector a -> ByteArray#
unsafeToArray (Vector array) = array
{-# INLINE unsafeToArray #-}

instance (Element a, Eq a) => Eq (Vector a) where
  one == other = length one == length other && go 0
    where
      !count = length one
      go i = i >= count || (unsafeIndex one i == unsafeIndex other i && go (i + 1))

instance (Element a, Ord a) => Ord (Vector a) where
  compare one other = compare (toList one) (toList other)

instance (Element a, Show a) => Show (Vector a) where
  showsPrec precedence = showsPrec precedence . toList

instance Semigroup (Vector a) where
  (<>) = append

instance Monoid (Vector a) where
  mempty = empty

instance Element a => Exts.IsList (Vector a) where
  type Item (Vector a) = a
  fromList = fromList
  fromListN = fromListN
  toList = toList
