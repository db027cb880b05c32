{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- |
-- protobuf's scalar types on the wire, for generated code. Each has a reader, a size (without the
-- tag), a writer (with it), and a 'Scalar' for vectors of it.
module Polycall.Wire.Scalar
  ( -- * Readers
    readInt32, readInt64, readUint32, readUint64, readSint32, readSint64, readBool
  , readFixed32, readFixed64, readSfixed32, readSfixed64, readFloat, readDouble
  , readText, readRawText, readBytes, readEnum
    -- * Sizes
  , sizeInt32, sizeInt64, sizeUint32, sizeUint64, sizeSint32, sizeSint64, sizeBool
  , sizeFixed32, sizeFixed64, sizeSfixed32, sizeSfixed64, sizeFloat, sizeDouble
  , sizeText, sizeRawText, sizeBytes, sizeEnum
    -- * Writers
  , pokeInt32, pokeInt64, pokeUint32, pokeUint64, pokeSint32, pokeSint64, pokeBool
  , pokeFixed32, pokeFixed64, pokeSfixed32, pokeSfixed64, pokeFloat, pokeDouble
  , pokeText, pokeRawText, pokeBytes, pokeEnum
    -- * Vectors
  , Scalar
  , int32, int64, uint32, uint64, sint32, sint64, bool
  , fixed32, fixed64, sfixed32, sfixed64, float, double
  , packed, unpacked, sizePacked, pokePacked, sizeUnpacked, pokeUnpacked
    -- * Lists of enums
  , packedEnums, sizePackedEnums, pokePackedEnums
  , closedEnum, packedClosedEnums, isOneOf
    -- * Zeros
  , isZeroFloat, isZeroDouble
    -- * Enums
  , ProtoEnum (..)
  ) where

import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Internal as ByteString (create, toForeignPtr)
import Data.Int (Int32, Int64)
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Array as Text (Array (Array))
import qualified Data.Text.Internal as Text (Text (Text))
import Data.Word (Word32, Word64, Word8)
import Foreign.C.Types (CInt (..), CPtrdiff (..), CSize (..))
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Marshal.Utils (copyBytes)
import GHC.Exts
import GHC.Float (castDoubleToWord64, castFloatToWord32)
import GHC.ForeignPtr (touchForeignPtr)
import GHC.IO (IO (..))
import GHC.Int (Int32 (I32#), Int64 (I64#))
import GHC.Word (Word32 (W32#), Word64 (W64#))
import Polycall.Vector (Element (..), Vector, unsafeToArray)
import qualified Polycall.Vector as Vector
import Polycall.Wire.Parse
import Polycall.Wire.Write

foreign import ccall unsafe "polycall_hs_text_decode"
  c_text_decode :: Addr# -> CSize -> MutableByteArray# RealWorld -> CInt -> IO CPtrdiff

foreign import ccall unsafe "polycall_hs_text_size"
  c_text_size :: ByteArray# -> CSize -> CSize -> CInt -> CSize

foreign import ccall unsafe "polycall_hs_text_encode"
  c_text_encode :: ByteArray# -> CSize -> CSize -> Addr# -> CInt -> IO ()

foreign import ccall unsafe "polycall_hs_count_varints"
  c_count_varints :: Addr# -> CSize -> IO CSize

-- | Enums of protobuf: open, so that every number is a value.
class Eq a => ProtoEnum a where
  -- | The value's number.
  enumNumber :: a -> Int32
  -- | The value of a number; a number without a name gives the @Unrecognized@ constructor.
  enumValue :: Int32 -> a

-- ---------------------------------------------------------------------------------------------
-- Readers

varint :: (Word# -> a) -> Reader a
varint make = Reader (\at end s -> case readVarint at end s of
  (# s1, next, value #) -> case make value of !made -> (# s1, next, made #))
{-# INLINE varint #-}

toInt32, toSint32 :: Word# -> Int32
toInt32 value = I32# (narrow32Int# (word2Int# value))
toSint32 value =
  let !low = narrow32Word# value
   in I32# (narrow32Int# (word2Int#
        ((low `uncheckedShiftRL#` 1#) `xor#` int2Word# (negateInt# (word2Int# (low `and#` 1##))))))
toInt64, toSint64 :: Word# -> Int64
toInt64 value = I64# (word2Int# value)
toSint64 value = I64# (word2Int#
  ((value `uncheckedShiftRL#` 1#) `xor#` int2Word# (negateInt# (word2Int# (value `and#` 1##)))))
toUint32 :: Word# -> Word32
toUint32 value = W32# (narrow32Word# value)
toUint64 :: Word# -> Word64
toUint64 value = W64# value
toBool :: Word# -> Bool
toBool value = isTrue# (value `neWord#` 0##)
{-# INLINE toInt32 #-}
{-# INLINE toSint32 #-}
{-# INLINE toInt64 #-}
{-# INLINE toSint64 #-}
{-# INLINE toUint32 #-}
{-# INLINE toUint64 #-}
{-# INLINE toBool #-}

readInt32, readSint32, readSfixed32 :: Reader Int32
readInt64, readSint64, readSfixed64 :: Reader Int64
readUint32, readFixed32 :: Reader Word32
readUint64, readFixed64 :: Reader Word64
readBool :: Reader Bool
readFloat :: Reader Float
readDouble :: Reader Double
readInt32 = varint toInt32
readInt64 = varint toInt64
readUint32 = varint toUint32
readUint64 = varint toUint64
readSint32 = varint toSint32
readSint64 = varint toSint64
readBool = varint toBool
{-# NOINLINE readInt32 #-}
{-# NOINLINE readInt64 #-}
{-# NOINLINE readUint32 #-}
{-# NOINLINE readUint64 #-}
{-# NOINLINE readSint32 #-}
{-# NOINLINE readSint64 #-}
{-# NOINLINE readBool #-}

-- | A number becomes its value.
readEnum :: ProtoEnum a => Reader a
readEnum = varint (\number -> enumValue (toInt32 number))

fixed :: Int -> (Addr# -> State# RealWorld -> (# State# RealWorld, a #)) -> Reader a
fixed (I# size) load = Reader (\at end s ->
  if isTrue# (minusAddr# end at <# size)
    then case failParse at "the input ends within the field" s of (# s1, a #) -> (# s1, at, a #)
    else case load at s of (# s1, !value #) -> (# s1, plusAddr# at size, value #))
{-# INLINE fixed #-}

readFixed32 = fixed 4 (\at s -> case readWord32OffAddr# at 0# s of (# s1, x #) -> (# s1, W32# x #))
readFixed64 = fixed 8 (\at s -> case readWord64OffAddr# at 0# s of (# s1, x #) -> (# s1, W64# x #))
readSfixed32 = fixed 4 (\at s -> case readInt32OffAddr# at 0# s of (# s1, x #) -> (# s1, I32# x #))
readSfixed64 = fixed 8 (\at s -> case readInt64OffAddr# at 0# s of (# s1, x #) -> (# s1, I64# x #))
readFloat = fixed 4 (\at s -> case readFloatOffAddr# at 0# s of (# s1, x #) -> (# s1, F# x #))
readDouble = fixed 8 (\at s -> case readDoubleOffAddr# at 0# s of (# s1, x #) -> (# s1, D# x #))
{-# NOINLINE readFixed32 #-}
{-# NOINLINE readFixed64 #-}
{-# NOINLINE readSfixed32 #-}
{-# NOINLINE readSfixed64 #-}
{-# NOINLINE readFloat #-}
{-# NOINLINE readDouble #-}

runIO :: IO a -> State# RealWorld -> (# State# RealWorld, a #)
runIO (IO m) = m
{-# INLINE runIO #-}

-- | A string that has to be UTF-8.
readText :: Reader Text
readText = textReader 0
{-# NOINLINE readText #-}

-- | A string of proto2, whose bytes may be anything: what is not UTF-8 becomes U+DC80 to U+DCFF.
readRawText :: Reader Text
readRawText = textReader 1
{-# NOINLINE readRawText #-}

textReader :: CInt -> Reader Text
textReader lenient = Reader (\at end s -> case readLength at end s of
  (# s1, next, 0# #) -> (# s1, next, Text.empty #)
  (# s1, next, size #) -> case newByteArray# (size *# 2#) s1 of
    (# s2, array #) ->
      case runIO (c_text_decode next (CSize (W64# (int2Word# size))) array lenient) s2 of
        (# s3, CPtrdiff (I64# units) #)
          | isTrue# (units <# 0#) -> case failParse at "a string is not UTF-8" s3 of
              (# s4, text #) -> (# s4, at, text #)
          | otherwise -> case shrinkMutableByteArray# array (units *# 2#) s3 of
              s4 -> case unsafeFreezeByteArray# array s4 of
                (# s5, bytes #) ->
                  (# s5, plusAddr# next size, Text.Text (Text.Array bytes) 0 (I# units) #))
{-# INLINE textReader #-}

-- | Bytes, copied.
readBytes :: Reader ByteString
readBytes = Reader (\at end s -> case readLength at end s of
  (# s1, next, 0# #) -> (# s1, next, ByteString.empty #)
  (# s1, next, size #) ->
    case runIO (ByteString.create (I# size) (\to -> copyBytes to (Ptr next) (I# size))) s1 of
      (# s2, !bytes #) -> (# s2, plusAddr# next size, bytes #))
{-# NOINLINE readBytes #-}

-- ---------------------------------------------------------------------------------------------
-- Sizes

sizeInt32, sizeSint32, sizeSfixed32 :: Int32 -> Int
sizeInt64, sizeSint64, sizeSfixed64 :: Int64 -> Int
sizeUint32, sizeFixed32 :: Word32 -> Int
sizeUint64, sizeFixed64 :: Word64 -> Int
sizeBool :: Bool -> Int
sizeFloat :: Float -> Int
sizeDouble :: Double -> Int
sizeInt32 (I32# x) = varintSize (W# (int2Word# x))
sizeInt64 (I64# x) = varintSize (W# (int2Word# x))
sizeUint32 (W32# x) = varintSize (W# x)
sizeUint64 (W64# x) = varintSize (W# x)
sizeSint32 x = varintSize (fromSint32 x)
sizeSint64 x = varintSize (fromSint64 x)
sizeBool _ = 1
sizeFixed32 _ = 4
sizeFixed64 _ = 8
sizeSfixed32 _ = 4
sizeSfixed64 _ = 8
sizeFloat _ = 4
sizeDouble _ = 8

fromInt32, fromSint32 :: Int32 -> Word
fromInt32 (I32# x) = W# (int2Word# x)
fromSint32 (I32# x) = W# (narrow32Word# (int2Word#
  (uncheckedIShiftL# x 1# `xorI#` uncheckedIShiftRA# x 31#)))
fromInt64, fromSint64 :: Int64 -> Word
fromInt64 (I64# x) = W# (int2Word# x)
fromSint64 (I64# x) = W# (int2Word# (uncheckedIShiftL# x 1# `xorI#` uncheckedIShiftRA# x 63#))
fromUint32 :: Word32 -> Word
fromUint32 (W32# x) = W# x
fromUint64 :: Word64 -> Word
fromUint64 (W64# x) = W# x
fromBool :: Bool -> Word
fromBool x = if x then 1 else 0
{-# INLINE fromInt32 #-}
{-# INLINE fromSint32 #-}
{-# INLINE fromInt64 #-}
{-# INLINE fromSint64 #-}
{-# INLINE fromUint32 #-}
{-# INLINE fromUint64 #-}
{-# INLINE fromBool #-}

lengthDelimited :: Int -> Int
lengthDelimited size = size + varintSize (fromIntegral size)
{-# INLINE lengthDelimited #-}

textBytes :: CInt -> Text -> Int
textBytes lenient (Text.Text (Text.Array array) offset count) =
  fromIntegral (c_text_size array (fromIntegral offset) (fromIntegral count) lenient)
{-# INLINE textBytes #-}

-- | With the length before it.
sizeText, sizeRawText :: Text -> Int
sizeText text = lengthDelimited (textBytes 0 text)
sizeRawText text = lengthDelimited (textBytes 1 text)
{-# NOINLINE sizeText #-}
{-# NOINLINE sizeRawText #-}

-- | With the length before it.
sizeBytes :: ByteString -> Int
sizeBytes = lengthDelimited . ByteString.length

sizeEnum :: ProtoEnum a => a -> Int
sizeEnum value = sizeInt32 (enumNumber value)

-- ---------------------------------------------------------------------------------------------
-- Writers

pokeNumber :: Int -> Word -> Poke
pokeNumber tag value = pokeTag tag <> pokeVarint value
{-# NOINLINE pokeNumber #-}

pokeInt32, pokeSint32, pokeSfixed32 :: Int -> Int32 -> Poke
pokeInt64, pokeSint64, pokeSfixed64 :: Int -> Int64 -> Poke
pokeUint32, pokeFixed32 :: Int -> Word32 -> Poke
pokeUint64, pokeFixed64 :: Int -> Word64 -> Poke
pokeBool :: Int -> Bool -> Poke
pokeFloat :: Int -> Float -> Poke
pokeDouble :: Int -> Double -> Poke
pokeInt32 tag x = pokeNumber tag (fromInt32 x)
pokeInt64 tag x = pokeNumber tag (fromInt64 x)
pokeUint32 tag x = pokeNumber tag (fromUint32 x)
pokeUint64 tag x = pokeNumber tag (fromUint64 x)
pokeSint32 tag x = pokeNumber tag (fromSint32 x)
pokeSint64 tag x = pokeNumber tag (fromSint64 x)
pokeBool tag x = pokeNumber tag (fromBool x)
{-# INLINE pokeInt32 #-}
{-# INLINE pokeInt64 #-}
{-# INLINE pokeUint32 #-}
{-# INLINE pokeUint64 #-}
{-# INLINE pokeSint32 #-}
{-# INLINE pokeSint64 #-}
{-# INLINE pokeBool #-}

store :: Int -> (Addr# -> State# RealWorld -> State# RealWorld) -> Poke
store (I# size) write = Poke (\at s -> (# write at s, plusAddr# at size #))
{-# INLINE store #-}

pokeFixed32 tag (W32# x) = pokeTag tag <> store 4 (\at -> writeWord32OffAddr# at 0# x)
pokeFixed64 tag (W64# x) = pokeTag tag <> store 8 (\at -> writeWord64OffAddr# at 0# x)
pokeSfixed32 tag (I32# x) = pokeTag tag <> store 4 (\at -> writeInt32OffAddr# at 0# x)
pokeSfixed64 tag (I64# x) = pokeTag tag <> store 8 (\at -> writeInt64OffAddr# at 0# x)
pokeFloat tag (F# x) = pokeTag tag <> store 4 (\at -> writeFloatOffAddr# at 0# x)
pokeDouble tag (D# x) = pokeTag tag <> store 8 (\at -> writeDoubleOffAddr# at 0# x)
{-# NOINLINE pokeFixed32 #-}
{-# NOINLINE pokeFixed64 #-}
{-# NOINLINE pokeSfixed32 #-}
{-# NOINLINE pokeSfixed64 #-}
{-# NOINLINE pokeFloat #-}
{-# NOINLINE pokeDouble #-}

pokeAnyText :: CInt -> Int -> Text -> Poke
pokeAnyText lenient tag text@(Text.Text (Text.Array array) offset count) =
  case textBytes lenient text of
    I# size -> pokeNumber tag (W# (int2Word# size)) <> Poke (\at s ->
      case runIO (c_text_encode array (fromIntegral offset) (fromIntegral count) at lenient) s of
        (# s1, () #) -> (# s1, plusAddr# at size #))
{-# INLINE pokeAnyText #-}

pokeText, pokeRawText :: Int -> Text -> Poke
pokeText tag text = pokeAnyText 0 tag text
pokeRawText tag text = pokeAnyText 1 tag text
{-# NOINLINE pokeText #-}
{-# NOINLINE pokeRawText #-}

pokeBytes :: Int -> ByteString -> Poke
pokeBytes tag bytes = case ByteString.toForeignPtr bytes of
  (memory, offset, size@(I# size#)) ->
    pokeNumber tag (fromIntegral size) <> Poke (\at s ->
      case runIO (copyBytes (Ptr at) (unsafeForeignPtrToPtr memory `plus` offset) size
                    >> touchForeignPtr memory) s of
        (# s1, () #) -> (# s1, plusAddr# at size# #))
  where
    plus :: Ptr Word8 -> Int -> Ptr Word8
    plus (Ptr at) (I# offset) = Ptr (plusAddr# at offset)
{-# NOINLINE pokeBytes #-}

pokeEnum :: ProtoEnum a => Int -> a -> Poke
pokeEnum tag value = pokeInt32 tag (enumNumber value)

-- ---------------------------------------------------------------------------------------------
-- Vectors

-- | How a vector of one scalar type is read and written.
data Scalar a = Scalar
  { scalarReader :: Reader a
  , scalarPacked :: Slots -> Int -> Parser
  , scalarOne :: Slots -> Int -> Parser
  , scalarPayload :: Vector a -> Int
  , scalarPokePayload :: Vector a -> Poke
  , scalarPokeOne :: Int -> a -> Poke
  }

elementSizeOf :: forall a. Element a => Reader a -> Int
elementSizeOf _ = I# (elementSize# (const () :: a -> ()))
{-# INLINE elementSizeOf #-}

-- One element, behind those that are there.
parseOne :: Element a => Reader a -> Slots -> Int -> Parser
parseOne reader slots i = Parser (\at end _ s -> case runReader reader at end s of
  (# s1, next, value #) -> case elementSizeOf reader of
    I# size -> case grow slots i size 1# s1 of
      (# s2, array, used #) -> (# write# array (used `quotInt#` size) value s2, next #))
{-# INLINE parseOne #-}

varintScalar :: Element a => Reader a -> (Word# -> a) -> (a -> Word) -> Scalar a
varintScalar reader make unmake = Scalar
  { scalarReader = reader
  , scalarPacked = \slots i -> Parser (\at end _ s -> case readLength at end s of
      (# s1, next, size #) ->
        case runIO (c_count_varints next (CSize (W64# (int2Word# size)))) s1 of
          (# s2, CSize (W64# count) #) -> case elementSizeOf reader of
            I# bytes -> case grow slots i bytes (word2Int# count) s2 of
              (# s3, array, used #) ->
                let !last_ = plusAddr# next size
                    go from to st
                      | isTrue# (from `geAddr#` last_) = (# st, last_ #)
                      | otherwise = case readVarint from last_ st of
                          (# st1, behind, value #) ->
                            go behind (to +# 1#) (write# array to (make value) st1)
                 in go next (used `quotInt#` bytes) s3)
  , scalarOne = parseOne reader
  , scalarPayload = Vector.foldl' (\size x -> size + varintSize (unmake x)) 0
  , scalarPokePayload = \vector -> Poke (\at s ->
      let !(I# count) = Vector.length vector
          !array = Payload (unsafeToArray vector)
          go i to st
            | isTrue# (i >=# count) = (# st, to #)
            | otherwise = case pokeVarint (unmake (payloadIndex array i)) of
                Poke f -> case f to st of (# st1, behind #) -> go (i +# 1#) behind st1
       in go 0# at s)
  , scalarPokeOne = \tag x -> pokeNumber tag (unmake x)
  }
{-# INLINE varintScalar #-}

data Payload = Payload ByteArray#

payloadIndex :: Element a => Payload -> Int# -> a
payloadIndex (Payload array) i = index# array i
{-# INLINE payloadIndex #-}

fixedScalar :: Element a => Reader a -> (Int -> a -> Poke) -> Scalar a
fixedScalar reader pokeOne = Scalar
  { scalarReader = reader
  , scalarPacked = \slots i -> Parser (\at end _ s -> case readLength at end s of
      (# s1, next, size #) -> case elementSizeOf reader of
        I# bytes
          | isTrue# (remInt# size bytes /=# 0#) ->
              case failParse at "packed numbers end within a number" s1 of
                (# s2, () #) -> (# s2, at #)
          | otherwise -> case grow slots i 1# size s1 of
              (# s2, array, used #) ->
                (# copyAddrToByteArray# next array used size s2, plusAddr# next size #))
  , scalarOne = parseOne reader
  , scalarPayload = \vector -> Vector.length vector * elementSizeOf reader
  , scalarPokePayload = \vector -> pokeByteArray (unsafeToArray vector)
  , scalarPokeOne = pokeOne
  }
{-# INLINE fixedScalar #-}

int32, sint32, sfixed32 :: Scalar Int32
int64, sint64, sfixed64 :: Scalar Int64
uint32, fixed32 :: Scalar Word32
uint64, fixed64 :: Scalar Word64
bool :: Scalar Bool
float :: Scalar Float
double :: Scalar Double
int32 = varintScalar readInt32 toInt32 fromInt32
int64 = varintScalar readInt64 toInt64 fromInt64
uint32 = varintScalar readUint32 toUint32 fromUint32
uint64 = varintScalar readUint64 toUint64 fromUint64
sint32 = varintScalar readSint32 toSint32 fromSint32
sint64 = varintScalar readSint64 toSint64 fromSint64
bool = varintScalar readBool toBool fromBool
fixed32 = fixedScalar readFixed32 pokeFixed32
fixed64 = fixedScalar readFixed64 pokeFixed64
sfixed32 = fixedScalar readSfixed32 pokeSfixed32
sfixed64 = fixedScalar readSfixed64 pokeSfixed64
float = fixedScalar readFloat pokeFloat
double = fixedScalar readDouble pokeDouble
{-# NOINLINE int32 #-}
{-# NOINLINE int64 #-}
{-# NOINLINE uint32 #-}
{-# NOINLINE uint64 #-}
{-# NOINLINE sint32 #-}
{-# NOINLINE sint64 #-}
{-# NOINLINE bool #-}
{-# NOINLINE fixed32 #-}
{-# NOINLINE fixed64 #-}
{-# NOINLINE sfixed32 #-}
{-# NOINLINE sfixed64 #-}
{-# NOINLINE float #-}
{-# NOINLINE double #-}

-- | Reads a run of numbers.
packed :: Scalar a -> Slots -> Int -> Parser
packed = scalarPacked

-- | Reads one number of a vector.
unpacked :: Scalar a -> Slots -> Int -> Parser
unpacked = scalarOne

-- | A run of numbers, left out if there are none.
sizePacked :: Scalar a -> Int -> Vector a -> Size
sizePacked scalar tagSize vector
  | Vector.null vector = mempty
  | otherwise = known (tagSize + lengthDelimited (scalarPayload scalar vector))
{-# NOINLINE sizePacked #-}

-- | The same for writing.
pokePacked :: Scalar a -> Int -> Vector a -> Poke
pokePacked scalar tag vector
  | Vector.null vector = mempty
  | otherwise =
      pokeNumber tag (fromIntegral (scalarPayload scalar vector)) <> scalarPokePayload scalar vector
{-# NOINLINE pokePacked #-}

-- | Numbers with a tag each.
sizeUnpacked :: Element a => Scalar a -> Int -> Vector a -> Size
sizeUnpacked scalar tagSize vector =
  known (tagSize * Vector.length vector + scalarPayload scalar vector)
{-# NOINLINE sizeUnpacked #-}

-- | The same for writing.
pokeUnpacked :: Element a => Scalar a -> Int -> Vector a -> Poke
pokeUnpacked scalar tag vector = pokeList (scalarPokeOne scalar tag) (Vector.toList vector)
{-# NOINLINE pokeUnpacked #-}

-- | Reads a run of enum numbers.
packedEnums :: Reader a -> Slots -> Int -> Parser
packedEnums reader slots i = Parser (\at end _ s -> case readLength at end s of
  (# s1, next, size #) ->
    let !last_ = plusAddr# next size
        go from before st
          | isTrue# (from `geAddr#` last_) = (# writeSlot slots i before st, last_ #)
          | otherwise = case runReader reader from last_ st of
              (# st1, behind, value #) -> go behind (value : before) st1
     in case readSlotAny slots i s1 of (# s2, before #) -> go next before s2)
{-# NOINLINE packedEnums #-}

-- | A field of a closed enum (proto2's are): a number that is none of its own is an unknown field.
closedEnum :: [Int32] -> Slots -> Int -> Parser -> Parser
closedEnum numbers slots tag parser = Parser (\at end depth s -> case readVarint at end s of
  (# s1, _, number #)
    | toInt32 number `elem` numbers -> runParser parser at end depth s1
    | otherwise -> runParser (unknown slots tag) at end depth s1)
{-# NOINLINE closedEnum #-}

-- | A run of numbers of a closed enum; others become unknown fields with the tag.
packedClosedEnums :: [Int32] -> Int -> Reader a -> Slots -> Int -> Parser
packedClosedEnums numbers tag reader slots i = Parser (\at end depth s -> case readLength at end s of
  (# s1, next, size #) ->
    let !last_ = plusAddr# next size
        go from before st
          | isTrue# (from `geAddr#` last_) = (# writeSlot slots i before st, last_ #)
          | otherwise = case readVarint from last_ st of
              (# st1, _, number #)
                | toInt32 number `elem` numbers -> case runReader reader from last_ st1 of
                    (# st2, behind, value #) -> go behind (value : before) st2
                | otherwise -> case runParser (unknown slots tag) from last_ depth st1 of
                    (# st2, behind #) -> go behind before st2
     in case readSlotAny slots i s1 of (# s2, before #) -> go next before s2)
{-# NOINLINE packedClosedEnums #-}

-- | Whether a value has one of the numbers.
isOneOf :: ProtoEnum a => [Int32] -> a -> Bool
isOneOf numbers value = enumNumber value `elem` numbers

enumPayload :: ProtoEnum a => [a] -> Int
enumPayload = go 0
  where
    go !size [] = size
    go size (x : rest) = go (size + sizeEnum x) rest

-- | A run of enum numbers, left out if there are none.
sizePackedEnums :: ProtoEnum a => Int -> [a] -> Size
sizePackedEnums _ [] = mempty
sizePackedEnums tagSize values = known (tagSize + lengthDelimited (enumPayload values))

-- | The same for writing.
pokePackedEnums :: ProtoEnum a => Int -> [a] -> Poke
pokePackedEnums _ [] = mempty
pokePackedEnums tag values =
  pokeNumber tag (fromIntegral (enumPayload values))
    <> pokeList (pokeVarint . fromInt32 . enumNumber) values

-- | Whether all bits are zero: minus zero is not.
isZeroFloat :: Float -> Bool
isZeroFloat x = castFloatToWord32 x == 0
{-# INLINE isZeroFloat #-}

-- | Whether all bits are zero: minus zero is not.
isZeroDouble :: Double -> Bool
isZeroDouble x = castDoubleToWord64 x == 0
{-# INLINE isZeroDouble #-}
