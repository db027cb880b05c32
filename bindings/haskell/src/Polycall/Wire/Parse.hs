{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- |
-- Reading the protobuf wire format, for generated code. Programs use "Polycall.Message".
--
-- A message is read into /slots/: one mutable place for each field, plus place 0 for the fields that
-- the program does not know. Occurrences of a field are merged there; a record is built of the slots
-- when the message is complete. Generated code says which reader belongs to which tag, and both ends
-- of a slot (the reader that fills it, the builder that empties it) agree on its type: the emitter
-- sees to that, no type checker.
--
-- Every pointer is compared with the end of what it points into before it is followed; every error
-- is a 'ParseFailure'.
module Polycall.Wire.Parse
  ( -- * Parsers and readers
    Parser (..)
  , Reader (..)
  , ParseFailure (..)
  , failParse
  , readVarint
  , readLength
  , varintSizeAt
    -- * Slots
  , Slots
  , Template
  , template
  , slotDefault
  , maxDepth
    -- * Messages
  , Layout (..)
  , parseLayout
    -- * Fields
  , plain
  , optional
  , list
  , oneof
  , message
  , messages
  , oneofMessage
  , unknown
  , MapEntry
  , mapEntry
  , mapMessageEntry
  , mapField
  , mapFieldIf
  , Growing (..)
  , grow
  , writeSlot
  , readSlotAny
    -- * What is made of slots
  , slot
  , requiredSlot
  , listSlot
  , vectorSlot
  , messageSlot
  , requiredMessageSlot
  , oneofSlot
  , unknownSlot
  , mapSlot
    -- * What slots hold before
  , noMessage
  , noOneof
  , noVector
  , noList
  , noOptional
  , noMap
  ) where

import Control.Exception (Exception, throwIO)
import Data.Map.Strict (Map)
import qualified Data.Map.Strict as Map
import GHC.Exts hiding (build, toList)
import GHC.IO (IO (..))
import Polycall.UnknownFields (UnknownFields, unknownFieldsFromArray)
import Polycall.Vector (Vector, unsafeFromArray)
import Unsafe.Coerce (unsafeCoerce)

-- | Reads what follows a tag: from a place, not beyond an end, with so many levels of nesting left;
-- answers the place behind.
newtype Parser = Parser
  { runParser
      :: Addr# -> Addr# -> Int# -> State# RealWorld -> (# State# RealWorld, Addr# #)
  }

-- | Reads one value, evaluated, and answers the place behind it.
newtype Reader a = Reader
  { runReader :: Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld, Addr#, a #) }

-- | What is wrong with the bytes, and where.
data ParseFailure = ParseFailure (Ptr ()) String

instance Show ParseFailure where
  show (ParseFailure _ reason) = reason

instance Exception ParseFailure

-- | Refuses the input.
failParse :: Addr# -> String -> State# RealWorld -> (# State# RealWorld, a #)
failParse at reason = unIO' (throwIO (ParseFailure (Ptr at) reason))
{-# NOINLINE failParse #-}

unIO' :: IO a -> State# RealWorld -> (# State# RealWorld, a #)
unIO' (IO m) = m
{-# INLINE unIO' #-}

-- | The deepest nesting of messages, map entries and groups below the outermost message.
maxDepth :: Int
maxDepth = 100

-- ---------------------------------------------------------------------------------------------
-- Numbers

-- | At most 10 bytes; bits above the 64th are dropped.
readVarint :: Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld, Addr#, Word# #)
readVarint at end s
  | isTrue# (at `ltAddr#` end)
  , (# s1, byte #) <- readWord8OffAddr# at 0# s
  , isTrue# (byte `ltWord#` 0x80##) = (# s1, plusAddr# at 1#, byte #)
  | otherwise = readLongVarint at end s
{-# INLINE readVarint #-}

readLongVarint :: Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld, Addr#, Word# #)
readLongVarint start end = go start 0# 0##
  where
    go at shift sofar s
      | isTrue# (shift ># 63#) = refuse "a varint is longer than 10 bytes" s
      | isTrue# (at `geAddr#` end) = refuse "the input ends within the field" s
      | otherwise = case readWord8OffAddr# at 0# s of
          (# s1, byte #) ->
            let !value = sofar `or#` ((byte `and#` 0x7f##) `uncheckedShiftL#` shift)
                !next = plusAddr# at 1#
             in if isTrue# (byte `ltWord#` 0x80##)
                  then (# s1, next, value #)
                  else go next (shift +# 7#) value s1
    refuse reason s = case failParse start reason s of (# s1, () #) -> (# s1, start, 0## #)
{-# NOINLINE readLongVarint #-}

-- | A tag has at most 5 bytes; bits above the 32nd are dropped.
readTag :: Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld, Addr#, Word# #)
readTag at end s = case readWord8OffAddr# at 0# s of
  (# s1, byte #)
    | isTrue# (byte `ltWord#` 0x80##) -> (# s1, plusAddr# at 1#, byte #)
    | otherwise -> case readLongVarint at end s1 of
        (# s2, next, value #)
          | isTrue# (minusAddr# next at ># 5#) ->
              case failParse at "a tag is malformed" s2 of (# s3, () #) -> (# s3, at, 0## #)
          | otherwise -> (# s2, next, value `and#` 0xffffffff## #)
{-# INLINE readTag #-}

-- | A length that was compared with what is left.
readLength :: Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld, Addr#, Int# #)
readLength at end s = case readVarint at end s of
  (# s1, next, value #)
    | isTrue# (value `gtWord#` int2Word# (minusAddr# end next)) ->
        case failParse at "a length goes beyond the end" s1 of
          (# s2, () #) -> (# s2, at, 0# #)
    | isTrue# (minusAddr# next at ># 5#) ->
        case failParse at "a length is longer than 5 bytes" s1 of
          (# s2, () #) -> (# s2, at, 0# #)
    | otherwise -> (# s1, next, word2Int# value #)
{-# INLINE readLength #-}

-- | Bytes of a varint.
varintSizeAt :: Word# -> Int#
varintSizeAt value = go value 1#
  where
    go v n
      | isTrue# (v `ltWord#` 0x80##) = n
      | otherwise = go (v `uncheckedShiftRL#` 7#) (n +# 1#)

-- ---------------------------------------------------------------------------------------------
-- Slots

-- | The places of one message that is being read.
data Slots = Slots (SmallMutableArray# RealWorld Any)

-- | What the slots of a fresh message hold.
data Template = Template (SmallArray# Any)

-- | The slots from 1 on; slot 0 is for unknown fields.
template :: [Any] -> Template
template defaults = case length defaults of
  I# count -> runRW# (\s -> case newSmallArray# (count +# 1#) (slotDefault NoGrowing) s of
    (# s1, array #) ->
      let fill _ [] st = st
          fill i (x : rest) st = fill (i +# 1#) rest (writeSmallArray# array i x st)
       in case unsafeFreezeSmallArray# array (fill 1# defaults s1) of
            (# _, made #) -> Template made)

-- | A slot's first content, whose type the field's parser knows.
slotDefault :: a -> Any
slotDefault = unsafeCoerce

freshSlots :: Template -> State# RealWorld -> (# State# RealWorld, Slots #)
freshSlots (Template array) s = case thawSmallArray# array 0# (sizeofSmallArray# array) s of
  (# s1, slots #) -> (# s1, Slots slots #)

-- | Stores an evaluated value.
writeSlot :: Slots -> Int -> a -> State# RealWorld -> State# RealWorld
writeSlot (Slots array) (I# i) value = writeSmallArray# array i (unsafeCoerce value)
{-# INLINE writeSlot #-}

-- | What a slot holds.
readSlotAny :: Slots -> Int -> State# RealWorld -> (# State# RealWorld, a #)
readSlotAny (Slots array) (I# i) s = case readSmallArray# array i s of
  (# s1, value #) -> (# s1, unsafeCoerce value #)
{-# INLINE readSlotAny #-}

-- ---------------------------------------------------------------------------------------------
-- Messages

-- | How a message is read. One static value for each message type.
data Layout a = Layout
  { layoutTemplate :: Template
  , layoutField :: Slots -> Int -> Parser
    -- ^ The parser for a tag.
  , layoutBuild :: Slots -> IO a
  }

parseFields :: (Slots -> Int -> Parser) -> Slots -> Parser
parseFields field slots = Parser go
  where
    go at end depth s
      | isTrue# (at `geAddr#` end) = (# s, at #)
      | otherwise = case readTag at end s of
          (# s1, next, tag #)
            | isTrue# (tag `ltWord#` 8##) ->
                case failParse at "a field has number 0" s1 of (# s2, () #) -> (# s2, at #)
            | otherwise -> case runParser (field slots (I# (word2Int# tag))) next end depth s1 of
                (# s2, behind #) -> go behind end depth s2

-- | Reads a whole message.
parseLayout :: Layout a -> Ptr b -> Int -> IO a
parseLayout layout (Ptr at) (I# size) = IO (\s -> case freshSlots (layoutTemplate layout) s of
  (# s1, slots #) -> case maxDepth of
    I# depth -> case runParser (parseFields (layoutField layout) slots)
                       at (plusAddr# at size) depth s1 of
      (# s2, _ #) -> unIO' (layoutBuild layout slots) s2)

-- The bytes of a submessage, one level deeper.
nested :: (Slots -> Int -> Parser) -> Slots -> Addr# -> Addr# -> Int# -> State# RealWorld
       -> (# State# RealWorld, Addr# #)
nested field sub at end depth s = case readLength at end s of
  (# s1, next, size #)
    | isTrue# (depth ==# 0#) -> case failParse at tooDeep s1 of (# s2, () #) -> (# s2, at #)
    | otherwise -> runParser (parseFields field sub) next (plusAddr# next size) (depth -# 1#) s1

tooDeep :: String
tooDeep = "messages are nested deeper than 100"

-- ---------------------------------------------------------------------------------------------
-- Fields

-- | A field that always has a value.
plain :: Reader a -> Slots -> Int -> Parser
plain reader slots i = Parser (\at end _ s -> case runReader reader at end s of
  (# s1, next, value #) -> (# writeSlot slots i value s1, next #))
{-# NOINLINE plain #-}

-- | A field that knows whether it is present.
optional :: Reader a -> Slots -> Int -> Parser
optional reader slots i = Parser (\at end _ s -> case runReader reader at end s of
  (# s1, next, value #) -> (# writeSlot slots i (Just value) s1, next #))
{-# NOINLINE optional #-}

-- | A repeated field that is a list; held in reverse.
list :: Reader a -> Slots -> Int -> Parser
list reader slots i = Parser (\at end _ s -> case runReader reader at end s of
  (# s1, next, value #) -> case readSlotAny slots i s1 of
    (# s2, before #) -> (# writeSlot slots i (value : before) s2, next #))
{-# NOINLINE list #-}

-- What the slot of a oneof holds.
data Oneof
  = NoOneof
  | OneofValue Any
  | OneofPending !Int Slots (IO Any)

-- | A member of a oneof.
oneof :: (a -> b) -> Reader a -> Slots -> Int -> Parser
oneof constructor reader slots i = Parser (\at end _ s -> case runReader reader at end s of
  (# s1, next, value #) -> case constructor value of
    !member -> (# writeSlot slots i (OneofValue (unsafeCoerce member)) s1, next #))
{-# NOINLINE oneof #-}

-- What the slot of a submessage holds.
data Pending = NoPending | Pending Slots

-- | A submessage; a second occurrence is merged into the first.
message :: Layout a -> Slots -> Int -> Parser
message layout slots i = Parser (\at end depth s -> case readSlotAny slots i s of
  (# s1, Pending sub #) -> nested (layoutField layout) sub at end depth s1
  (# s1, NoPending #) -> case freshSlots (layoutTemplate layout) s1 of
    (# s2, sub #) ->
      nested (layoutField layout) sub at end depth (writeSlot slots i (Pending sub) s2))
{-# NOINLINE message #-}

-- | A repeated submessage; held in reverse.
messages :: Layout a -> Slots -> Int -> Parser
messages layout slots i = Parser (\at end depth s -> case freshSlots (layoutTemplate layout) s of
  (# s1, sub #) -> case nested (layoutField layout) sub at end depth s1 of
    (# s2, next #) -> case unIO' (layoutBuild layout sub) s2 of
      (# s3, !value #) -> case readSlotAny slots i s3 of
        (# s4, before #) -> (# writeSlot slots i (value : before) s4, next #))
{-# NOINLINE messages #-}

-- | A member of a oneof that is a message: the number tells members apart.
oneofMessage :: Int -> (a -> b) -> Layout a -> Slots -> Int -> Parser
oneofMessage number constructor layout slots i =
  Parser (\at end depth s -> case readSlotAny slots i s of
    (# s1, OneofPending present sub _ #)
      | present == number -> nested (layoutField layout) sub at end depth s1
    (# s1, _ #) -> case freshSlots (layoutTemplate layout) s1 of
      (# s2, sub #) ->
        let build = do
              value <- layoutBuild layout sub
              let !member = constructor value
              return (unsafeCoerce member)
         in nested (layoutField layout) sub at end depth
              (writeSlot slots i (OneofPending number sub build) s2))
{-# NOINLINE oneofMessage #-}

-- | What a program does not know is kept as it came.
unknown :: Slots -> Int -> Parser
unknown slots tag@(I# tag#) = Parser (\at end depth s -> case skip tag at end depth s of
  (# s1, next #) ->
    let !size = minusAddr# next at
        !tagSize = varintSizeAt (int2Word# tag#)
     in case grow slots 0 1# (size +# tagSize) s1 of
          (# s2, array, used #) -> case writeTag array used (int2Word# tag#) s2 of
            s3 -> case copyAddrToByteArray# at array (used +# tagSize) size s3 of
              s4 -> (# s4, next #))
  where
    writeTag array i value s
      | isTrue# (value `ltWord#` 0x80##) = writeWord8Array# array i value s
      | otherwise = writeTag array (i +# 1#) (value `uncheckedShiftRL#` 7#)
          (writeWord8Array# array i ((value `and#` 0x7f##) `or#` 0x80##) s)
{-# NOINLINE unknown #-}

-- Passes over the value behind a tag.
skip :: Int -> Addr# -> Addr# -> Int# -> State# RealWorld -> (# State# RealWorld, Addr# #)
skip (I# tag) at end depth s = case andI# tag 7# of
  0# -> case readVarint at end s of (# s1, next, _ #) -> (# s1, next #)
  1# -> fixed 8#
  2# -> case readLength at end s of (# s1, next, size #) -> (# s1, plusAddr# next size #)
  3# | isTrue# (depth ==# 0#) -> refuse tooDeep s
     | otherwise -> group at s
  4# -> refuse "a group ends that never began" s
  5# -> fixed 4#
  _ -> refuse "the wire type is none of protobuf's" s
  where
    refuse reason st = case failParse at reason st of (# s1, () #) -> (# s1, at #)
    fixed size
      | isTrue# (minusAddr# end at <# size) = refuse "the input ends within the field" s
      | otherwise = (# s, plusAddr# at size #)
    group from st
      | isTrue# (from `geAddr#` end) = refuse "a group has no end" st
      | otherwise = case readTag from end st of
          (# s1, next, inner #)
            | isTrue# (inner `ltWord#` 8##) -> refuse "a field has number 0" s1
            | isTrue# ((inner `and#` 7##) `eqWord#` 4##) ->
                if isTrue# ((inner `uncheckedShiftRL#` 3#)
                              `eqWord#` (int2Word# tag `uncheckedShiftRL#` 3#))
                  then (# s1, next #)
                  else refuse "a group ends with another's number" s1
            | otherwise -> case skip (I# (word2Int# inner)) next end (depth -# 1#) s1 of
                (# s2, behind #) -> group behind s2

-- ---------------------------------------------------------------------------------------------
-- Vectors while they grow

-- | An array with room, and how many bytes of it are used.
data Growing = NoGrowing | Growing (MutableByteArray# RealWorld) Int#

-- | Room for so many more elements of a size, counted as used: the array and the place (in bytes).
grow :: Slots -> Int -> Int# -> Int# -> State# RealWorld
     -> (# State# RealWorld, MutableByteArray# RealWorld, Int# #)
grow slots i size count s = case readSlotAny slots i s of
  (# s1, NoGrowing #) -> case newByteArray# more s1 of
    (# s2, array #) -> (# writeSlot slots i (Growing array more) s2, array, 0# #)
  (# s1, Growing array used #) ->
    let !needed = used +# more
     in case getSizeofMutableByteArray# array s1 of
          (# s2, capacity #)
            | isTrue# (needed <=# capacity) ->
                (# writeSlot slots i (Growing array needed) s2, array, used #)
            | otherwise ->
                let !double = capacity *# 2#
                    !enough = if isTrue# (double ># needed) then double else needed
                    !room = if isTrue# (enough <# 64#) then 64# else enough
                 in case newByteArray# room s2 of
                      (# s3, bigger #) -> case copyMutableByteArray# array 0# bigger 0# used s3 of
                        s4 -> (# writeSlot slots i (Growing bigger needed) s4, bigger, used #)
  where
    !more = size *# count

-- ---------------------------------------------------------------------------------------------
-- Maps

-- | How the entries of a map are read.
data MapEntry k v = MapEntry
  { entryTemplate :: Template
  , entryField :: Slots -> Int -> Parser
  , entryValue :: Slots -> State# RealWorld -> (# State# RealWorld, Any #)
  , entryFinish :: Any -> IO v
    -- ^ Values are finished with the map: a value that is replaced is never asked whether it has
    -- what it requires.
  }

entryParser :: Int -> (Slots -> Int -> Parser) -> Int -> (Slots -> Int -> Parser)
            -> Slots -> Int -> Parser
entryParser keyTag key valueTag value slots tag
  | tag == keyTag = key slots 1
  | tag == valueTag = value slots 2
  | otherwise = Parser (skip tag)

-- | Entries with a scalar: tag, reader and default of the key and of the value.
mapEntry :: Int -> Reader k -> k -> Int -> Reader v -> v -> MapEntry k v
mapEntry keyTag key keyDefault valueTag value valueDefault = MapEntry
  { entryTemplate = template [slotDefault keyDefault, slotDefault valueDefault]
  , entryField = entryParser keyTag (plain key) valueTag (plain value)
  , entryValue = \slots -> readSlotAny slots 2
  , entryFinish = return . unsafeCoerce
  }

-- | Entries with a message.
mapMessageEntry :: Int -> Reader k -> k -> Int -> Layout v -> MapEntry k v
mapMessageEntry keyTag key keyDefault valueTag layout = MapEntry
  { entryTemplate = template [slotDefault keyDefault, slotDefault NoPending]
  , entryField = entryParser keyTag (plain key) valueTag (message layout)
  , entryValue = \slots -> readSlotAny slots 2
  , entryFinish = \pending -> case unsafeCoerce pending of
      Pending sub -> layoutBuild layout sub
      NoPending -> IO (freshSlots (layoutTemplate layout)) >>= layoutBuild layout
  }

-- | One entry of a map; the last one of a key counts.
mapField :: Ord k => MapEntry k v -> Slots -> Int -> Parser
mapField entry slots i = Parser (\at end depth s -> case freshSlots (entryTemplate entry) s of
  (# s1, sub #) -> case nested (entryField entry) sub at end depth s1 of
    (# s2, next #) -> case readSlotAny sub 1 s2 of
      (# s3, key #) -> case entryValue entry sub s3 of
        (# s4, value #) -> case readSlotAny slots i s4 of
          (# s5, before #) -> case insertEntry entry key value before of
            !after -> (# writeSlot slots i after s5, next #))
{-# NOINLINE mapField #-}

-- | The same where not every value is kept: an entry with another one is an unknown field.
mapFieldIf :: Ord k => (v -> Bool) -> MapEntry k v -> Slots -> Int -> Int -> Parser
mapFieldIf keeps entry slots tag i =
  Parser (\at end depth s -> case freshSlots (entryTemplate entry) s of
    (# s1, sub #) -> case nested (entryField entry) sub at end depth s1 of
      (# s2, next #) -> case readSlotAny sub 1 s2 of
        (# s3, key #) -> case entryValue entry sub s3 of
          (# s4, value #)
            | keeps (unsafeCoerce value) -> case readSlotAny slots i s4 of
                (# s5, before #) -> case insertEntry entry key value before of
                  !after -> (# writeSlot slots i after s5, next #)
            | otherwise -> runParser (unknown slots tag) at end depth s4)
{-# NOINLINE mapFieldIf #-}

-- The entry fixes the key's type.
insertEntry :: Ord k => MapEntry k v -> k -> Any -> Map k Any -> Map k Any
insertEntry _ = Map.insert

-- ---------------------------------------------------------------------------------------------
-- What is made of slots

-- | The slot's value as it is.
slot :: Slots -> Int -> IO a
slot slots i = IO (readSlotAny slots i)
{-# INLINE slot #-}

-- | The value of a required field; its number for the error.
requiredSlot :: Slots -> Int -> Int -> IO a
requiredSlot slots i number = slot slots i >>= \value -> case value of
  Just present -> return present
  Nothing -> missing number
{-# NOINLINE requiredSlot #-}

missing :: Int -> IO a
missing number =
  throwIO (ParseFailure (Ptr nullAddr#) ("the required field " ++ show number ++ " is missing"))

-- | A list in its own order.
listSlot :: Slots -> Int -> IO [a]
listSlot slots i = do
  elements <- slot slots i
  return $! reverse elements
{-# NOINLINE listSlot #-}

-- | A vector of the memory that grew.
vectorSlot :: Slots -> Int -> IO (Vector a)
vectorSlot slots i = IO (\s -> case frozen slots i s of
  (# s1, Frozen array #) -> case unsafeFromArray array of !vector -> (# s1, vector #))
{-# NOINLINE vectorSlot #-}

data Frozen = Frozen ByteArray#

frozen :: Slots -> Int -> State# RealWorld -> (# State# RealWorld, Frozen #)
frozen slots i s = case readSlotAny slots i s of
  (# s1, NoGrowing #) -> (# s1, noBytes #)
  (# s1, Growing array used #) -> case shrinkMutableByteArray# array used s1 of
    s2 -> case unsafeFreezeByteArray# array s2 of (# s3, bytes #) -> (# s3, Frozen bytes #)

noBytes :: Frozen
noBytes = runRW# (\s -> case newByteArray# 0# s of
  (# s1, made #) -> case unsafeFreezeByteArray# made s1 of (# _, array #) -> Frozen array)
{-# NOINLINE noBytes #-}

-- | The submessage, if there was one.
messageSlot :: Layout a -> Slots -> Int -> IO (Maybe a)
messageSlot layout slots i = slot slots i >>= \pending -> case pending of
  NoPending -> return Nothing
  Pending sub -> do
    value <- layoutBuild layout sub
    return $! Just $! value
{-# NOINLINE messageSlot #-}

-- | A required submessage, in a 'Just'; its number for the error.
requiredMessageSlot :: Layout a -> Slots -> Int -> Int -> IO (Maybe a)
requiredMessageSlot layout slots i number = do
  value <- messageSlot layout slots i
  case value of
    Just _ -> return value
    Nothing -> missing number
{-# NOINLINE requiredMessageSlot #-}

-- | The member that came last, if there was one.
oneofSlot :: Slots -> Int -> IO (Maybe a)
oneofSlot slots i = slot slots i >>= \content -> case content of
  NoOneof -> return Nothing
  OneofValue value -> return (Just (unsafeCoerce value))
  OneofPending _ _ build -> do
    value <- build
    return (Just (unsafeCoerce value))
{-# NOINLINE oneofSlot #-}

-- | The fields that are not known.
unknownSlot :: Slots -> IO UnknownFields
unknownSlot slots = IO (\s -> case frozen slots 0 s of
  (# s1, Frozen array #) -> case unknownFieldsFromArray array of !fields -> (# s1, fields #))
{-# NOINLINE unknownSlot #-}

-- | A map with its values finished.
mapSlot :: MapEntry k v -> Slots -> Int -> IO (Map k v)
mapSlot entry slots i = do
  entries <- slot slots i
  finished <- Map.traverseWithKey (\_ value -> entryFinish entry value >>= (return $!)) entries
  return $! finished
{-# NOINLINE mapSlot #-}

-- | No submessage yet.
noMessage :: Any
noMessage = slotDefault NoPending

-- | No member of a oneof yet.
noOneof :: Any
noOneof = slotDefault NoOneof

-- | No elements of a vector yet.
noVector :: Any
noVector = slotDefault NoGrowing

-- | No elements of a list yet.
noList :: Any
noList = slotDefault ([] :: [()])

-- | No value yet.
noOptional :: Any
noOptional = slotDefault (Nothing :: Maybe ())

-- | No entries yet.
noMap :: Any
noMap = slotDefault (Map.empty :: Map () ())
