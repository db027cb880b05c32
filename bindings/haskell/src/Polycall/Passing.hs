{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- |
-- Values that an end in the same process and of the same program gets as they are, neither encoded nor
-- decoded. Not for programs.
module Polycall.Passing
  ( tableOf
  , withObject
  , passedValue
    -- * Who takes values
  , Taker
  , newTaker
  , noTaker
  , takes
  ) where

import Control.Exception (mask_)
import Control.Monad (when)
import Data.IORef
import Data.Word (Word8)
import Foreign.Ptr (Ptr, castPtr, nullPtr)
import Foreign.StablePtr
import Foreign.Storable (peekByteOff)
import Polycall.Foreign
import Polycall.Message
import Polycall.Status
import Unsafe.Coerce (unsafeCoerce)

-- | The runtime's table of a type. The argument is not looked at.
tableOf :: forall a. Message a => a -> Ptr TypeTable
tableOf _ = case messageTable :: MessageTable a of MessageTable table -> table
{-# INLINE tableOf #-}

-- | A value as an object for one function of the library's, which keeps what it needs longer. The value is
-- evaluated here as far as it takes to know its size, so that what is wrong with it shows where it was
-- made, as over other transports.
withObject :: Message a => Taker -> a -> (Ptr Word8 -> Ptr TypeTable -> IO b) -> IO b
withObject taker value use = do
  _ <- encodedSize value
  mask_ $ do
    stable <- newStablePtr (Passed value)
    object <- c_object_new table (castStablePtrToPtr stable)
    if object == nullPtr
      then freeStablePtr stable >> throwStatus ResourceExhausted "no memory for a message"
      else do
        result <- use (castPtr object) table
        encoded <- c_object_was_encoded object
        noteTaken taker (encoded == 0)
        c_object_release object
        return result
  where
    table = tableOf value
{-# INLINE withObject #-}

-- | The value of a message that came as one of this type; 'Nothing': it is bytes, or of another type.
passedValue :: forall a. Message a => Ptr MessageStruct -> IO (Maybe a)
passedValue message = do
  kind <- peekByteOff message messageType
  if kind == nullPtr || kind /= tableOf (undefined :: a) then return Nothing else do
    object <- peekByteOff message messageObject
    stable <- c_object_value object
    Passed value <- deRefStablePtr (castPtrToStablePtr stable)
    -- The table is this type's alone.
    return $! Just $! unsafeCoerce value
{-# INLINE passedValue #-}

-- | Whether an end takes values, as far as is known.
newtype Taker = Taker (Maybe (IORef Known))

-- How many messages go as bytes until it is offered a value again, and how many after that if it refuses.
data Known = Known !Int !Int

-- | An end in this process, of which nothing is known.
newTaker :: IO Taker
newTaker = Taker . Just <$> newIORef (Known 0 1)

-- | One that takes bytes only.
noTaker :: Taker
noTaker = Taker Nothing

-- | Whether the next message is to be passed as a value.
takes :: Taker -> IO Bool
takes (Taker Nothing) = return False
takes (Taker (Just cell)) = do
  Known left next <- readIORef cell
  if left == 0 then return True else (writeIORef cell $! Known (left - 1) next) >> return False
{-# INLINE takes #-}

-- A value that has to be encoded after all costs more than bytes do. The other end is of another language
-- or another program's making, or was not connected yet.
noteTaken :: Taker -> Bool -> IO ()
noteTaken (Taker Nothing) _ = return ()
noteTaken (Taker (Just cell)) taken = do
  Known _ next <- readIORef cell
  if taken
    then when (next /= 1) (writeIORef cell $! Known 0 1)
    else writeIORef cell $! Known next (min 1024 (2 * next))
