{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ExistentialQuantification #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UnboxedTuples #-}

-- |
-- Messages: what generated records have in common.
--
-- > request = defaultMessage { addRequestLeft = 20, addRequestRight = 22 }
-- > decode (encode request) == Right request
module Polycall.Message
  ( Message (..)
  , encode
  , decode
  , DecodeError (..)
  , EncodeError (..)
    -- * Enums
  , ProtoEnum (..)
    -- * Fields that the program does not know
  , UnknownFields
  , noUnknownFields
  , unknownFieldsToBytes
    -- * For the binding and generated code
  , encodedSize
  , encodeInto
  , encodeSized
  , decodeMemory
  , sizeMessage
  , pokeMessage
  , requiredMessage
    -- * For the binding: values that are passed as they are
  , MessageTable (..)
  , Passed (..)
  ) where

import Control.Exception (Exception, SomeException, throw, try)
import Data.ByteString (ByteString)
import qualified Data.ByteString.Internal as ByteString (toForeignPtr, unsafeCreate)
import Data.Word (Word8)
import Foreign.ForeignPtr (withForeignPtr)
import Foreign.C.String (withCString)
import Foreign.C.Types (CInt (..))
import Foreign.Ptr (FunPtr, minusPtr, nullPtr, plusPtr)
import Foreign.StablePtr (castPtrToStablePtr, deRefStablePtr)
import GHC.Exts (Int (I#), Ptr (..))
import GHC.IO (IO (..), unsafePerformIO)
import Polycall.Foreign (EncodeFn, TypeTable, c_object_bytes, c_type_new)
import Polycall.UnknownFields
import Polycall.Wire.Parse (Layout, ParseFailure (..), parseLayout)
import Polycall.Wire.Scalar (ProtoEnum (..))
import Polycall.Wire.Write

-- | A message type of a @.proto@ file. Generated code makes the instances; programs use 'encode',
-- 'decode' and 'defaultMessage'.
class (Eq a, Show a) => Message a where
  -- | The full name, @calc.v1.AddRequest@. The argument is not looked at.
  messageName :: a -> String
  -- | All fields at their defaults: the value to start from.
  defaultMessage :: a
  -- | The fields that the program does not know.
  messageUnknownFields :: a -> UnknownFields
  -- | How it is read.
  messageLayout :: Layout a
  -- | Its size in wire format.
  messageSize :: Sizes -> a -> Size
  -- | How it is written.
  messagePoke :: Sizes -> a -> Poke
  -- | How the runtime knows the type's values, which it passes within a process as they are. Not for
  -- instances to define.
  messageTable :: MessageTable a
  messageTable = newMessageTable (messageName (undefined :: a))

-- | The runtime's table of a type: one for each instance in each program or module.
newtype MessageTable a = MessageTable (Ptr TypeTable)

-- | A value on its way, with what it takes to encode it.
data Passed = forall a. Message a => Passed !a

-- Each use makes another table, so it is inlined nowhere.
newMessageTable :: String -> MessageTable a
newMessageTable name =
  MessageTable (unsafePerformIO (withCString name (\text -> c_type_new text encodePassed)))
{-# NOINLINE newMessageTable #-}

foreign import ccall "wrapper" makeEncode :: EncodeFn -> IO (FunPtr EncodeFn)

-- For an end that takes no such value.
encodePassed :: FunPtr EncodeFn
encodePassed = unsafePerformIO $ makeEncode $ \stable object -> do
  Passed value <- deRefStablePtr (castPtrToStablePtr stable)
  outcome <- try $ do
    (sizes, size) <- encodedSize value
    memory <- c_object_bytes object (fromIntegral size)
    if memory == nullPtr then return 1 else encodeInto sizes value memory >> return 0
  return $! case outcome of
    Right code -> code
    Left (_ :: SomeException) -> 1
{-# NOINLINE encodePassed #-}

-- | Why bytes are no such message.
data DecodeError = DecodeError
  { decodeErrorMessage :: String -- ^ The message's full name.
  , decodeErrorOffset :: Int -- ^ The byte where the reading stopped.
  , decodeErrorReason :: String
  }
  deriving (Eq)

instance Show DecodeError where
  show (DecodeError name offset reason) =
    "cannot read " ++ name ++ ": byte " ++ show offset ++ ": " ++ reason

instance Exception DecodeError

-- | Why a message cannot be written: a required message is 'Nothing'.
newtype EncodeError = EncodeError String
  deriving (Eq)

instance Show EncodeError where
  show (EncodeError reason) = "cannot write " ++ reason

instance Exception EncodeError

-- | The message in wire format. Throws an 'EncodeError' if a field whose type is a message is
-- @required@ (proto2) and 'Nothing'; else it cannot fail.
encode :: Message a => a -> ByteString
encode value = unsafePerformIO $ do
  (sizes, size) <- encodedSize value
  return $! ByteString.unsafeCreate size (encodeInto sizes value)

-- | The exact size, and what 'encodeInto' wants to know.
encodedSize :: Message a => a -> IO (Sizes, Int)
encodedSize value = IO (\s -> case newSizes s of
  (# s1, sizes #) -> case messageSize sizes value of
    Size f -> case f 0# s1 of (# s2, size #) -> (# s2, (sizes, I# size) #))
{-# INLINE encodedSize #-}

-- | Writes the message to memory of its size. Once for each 'encodedSize'.
encodeInto :: Message a => Sizes -> a -> Ptr Word8 -> IO ()
encodeInto sizes value (Ptr at) = IO (\s -> case messagePoke sizes value of
  Poke f -> case f at s of (# s1, _ #) -> (# s1, () #))
{-# INLINE encodeInto #-}

-- | Asks for memory of the right size, and writes the message there.
encodeSized :: Message a => a -> (Int -> IO (Ptr Word8, b)) -> IO b
encodeSized value allocate = do
  (sizes, size) <- encodedSize value
  (memory, result) <- allocate size
  encodeInto sizes value memory
  return result
{-# INLINE encodeSized #-}

-- | Reads a message. Nothing of the bytes is kept alive by the result.
decode :: Message a => ByteString -> Either DecodeError a
decode bytes = unsafePerformIO $
  case ByteString.toForeignPtr bytes of
    (memory, offset, size) ->
      withForeignPtr memory (\at -> decodeMemory (at `plusPtr` offset) size)

-- | Reads a message from memory that lives until then.
decodeMemory :: forall a. Message a => Ptr Word8 -> Int -> IO (Either DecodeError a)
decodeMemory memory size = do
  outcome <- try (parseLayout messageLayout memory size)
  return $! case outcome of
    Right !value -> Right value
    Left (ParseFailure at reason) -> Left DecodeError
      { decodeErrorMessage = messageName (undefined :: a)
      , decodeErrorOffset = if at == nullPtr then size else at `minusPtr` memory
      , decodeErrorReason = reason
      }

-- | A submessage with a tag of so many bytes.
sizeMessage :: Message a => Int -> Sizes -> a -> Size
sizeMessage tagSize sizes value = sizeNested tagSize sizes (messageSize sizes value)

-- | The same for writing, with the tag.
pokeMessage :: Message a => Int -> Sizes -> a -> Poke
pokeMessage tag sizes value = pokeNested tag sizes (messagePoke sizes value)

-- | A required message, or an error that names the field.
requiredMessage :: String -> Maybe a -> a
requiredMessage field = maybe (throw (EncodeError reason)) id
  where
    reason = field ++ ": it is required and Nothing"
