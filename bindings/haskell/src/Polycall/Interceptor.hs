{-# LANGUAGE OverloadedStrings #-}

-- |
-- Interceptors: functions that see every call of a channel or a server.
module Polycall.Interceptor
  ( Interceptor
  , Observer (..)
  , observe
  , InterceptedCall (..)
  , withInterceptors
  , Intercepting
  , freeIntercepting
  , newIntercepting
  , interceptingCount
  , interceptingArray
  ) where

import Control.Exception (SomeException, bracket, displayException, fromException, try)
import Control.Monad (forM_, unless, when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Unsafe as ByteString
import Data.Int (Int32)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word64, Word8)
import Foreign.C.String (CString)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Marshal.Alloc (free, mallocBytes)
import Foreign.Ptr (FunPtr, Ptr, castPtr, nullPtr, plusPtr)
import Foreign.StablePtr
import Foreign.Storable (peek, poke, pokeByteOff)
import Polycall.Foreign
import Polycall.Identity
import Polycall.Metadata
import Polycall.Status
import System.IO.Unsafe (unsafePerformIO)

-- | What an interceptor knows of a call when it starts.
data InterceptedCall = InterceptedCall
  { interceptedService :: !ByteString -- ^ @calc.v1.Calc@
  , interceptedMethod :: !ByteString -- ^ @Add@
  , interceptedIdentity :: !(Maybe Identity)
    -- ^ A server's: who the caller is; 'Nothing' when nobody vouches for it.
  }
  deriving (Eq, Show)

-- | Called when a call starts, with the metadata that a caller is about to send or that a server
-- received. Answers what is to see the rest of the call. Throwing a 'Status' ends the call with it.
--
-- Interceptors run on the thread that makes the event, before and after the runtime's own work, in
-- the order of the list ('observerFinished' in the reverse order). They should be short.
type Interceptor = InterceptedCall -> Metadata -> IO Observer

-- | Sees the rest of one call.
data Observer = Observer
  { observerAdds :: !Metadata -- ^ A caller's: entries to send beside the call's own.
  , observerMessage :: !(Bool -> ByteString -> IO ())
    -- ^ A message was accepted from ('True') or is about to be given to the user's code.
  , observerFinished :: !(Status -> IO Status)
    -- ^ The call's last event; answers its status or another one.
  }

-- | Sees nothing and changes nothing: the value to start from.
observe :: Observer
observe = Observer [] (\_ _ -> return ()) return

type StartedFn
  = Ptr () -> Ptr CallHandle -> Ptr MetadataHandle -> Ptr (Ptr ()) -> Ptr StatusStruct -> IO Int32
type MessageFn = Ptr () -> Ptr CallHandle -> Ptr MessageStruct -> CInt -> Ptr (Ptr ()) -> IO ()
type FinishedFn = Ptr () -> Ptr CallHandle -> Ptr StatusStruct -> Ptr (Ptr ()) -> IO ()

foreign import ccall "wrapper" makeStarted :: StartedFn -> IO (FunPtr StartedFn)
foreign import ccall "wrapper" makeMessage :: MessageFn -> IO (FunPtr MessageFn)
foreign import ccall "wrapper" makeFinished :: FinishedFn -> IO (FunPtr FinishedFn)
foreign import ccall unsafe "polycall_status_set"
  c_status_set :: Ptr StatusStruct -> Int32 -> CString -> Ptr Word8 -> CSize -> IO ()

-- One set of callbacks for the process; `arg` is the interceptor, `state` the call's observer.
started :: FunPtr StartedFn
started = unsafePerformIO (makeStarted onStarted)
{-# NOINLINE started #-}

messaged :: FunPtr MessageFn
messaged = unsafePerformIO (makeMessage onMessage)
{-# NOINLINE messaged #-}

finished :: FunPtr FinishedFn
finished = unsafePerformIO (makeFinished onFinished)
{-# NOINLINE finished #-}

setStatus :: Ptr StatusStruct -> Status -> IO ()
setStatus at (Status code message details) =
  ByteString.useAsCString (Text.encodeUtf8 message) $ \text ->
    ByteString.unsafeUseAsCStringLen details $ \(memory, size) ->
      c_status_set at (fromIntegral (statusCodeNumber code)) text (castPtr memory)
        (fromIntegral size)

-- What an interceptor throws, as a status.
failure :: SomeException -> Status
failure problem = case fromException problem of
  Just known | statusCode known /= Ok -> known
  _ -> status Unknown (Text.pack ("an interceptor failed: " ++ displayException problem))

onStarted :: StartedFn
onStarted arg call metadata state place = do
  interceptor <- deRefStablePtr (castPtrToStablePtr arg) :: IO Interceptor
  outcome <- try $ do
    service <- c_call_service call >>= ByteString.packCString
    method <- c_call_method call >>= ByteString.packCString
    entries <- readMetadata metadata
    identity <- readIdentity call
    observer <- interceptor (InterceptedCall service method identity) entries
    unless (null (observerAdds observer)) (addMetadata metadata (observerAdds observer))
    newStablePtr observer >>= poke state . castStablePtrToPtr
  case outcome of
    Right () -> return 0
    Left problem -> do
      let found = failure problem
      setStatus place found
      return (fromIntegral (statusCodeNumber (statusCode found)))

onMessage :: MessageFn
onMessage _ _ message sent state = do
  present <- peek state
  when (present /= nullPtr) $ do
    observer <- deRefStablePtr (castPtrToStablePtr present)
    outcome <- try (messageBytes message >>= observerMessage observer (sent /= 0))
    case outcome of
      Right () -> return ()
      Left problem -> const (return ()) (problem :: SomeException)

onFinished :: FinishedFn
onFinished _ _ place state = do
  present <- peek state
  when (present /= nullPtr) $ do
    poke state nullPtr
    observer <- deRefStablePtr (castPtrToStablePtr present)
    freeStablePtr (castPtrToStablePtr present :: StablePtr Observer)
    before <- readStatus place
    outcome <- try (observerFinished observer before)
    let after = either failure id outcome
    when (after /= before) $ do
      c_status_clear place
      setStatus place after

-- | Interceptors as the C ABI takes them.
data Intercepting = Intercepting (Ptr ()) [StablePtr Interceptor]

interceptorSize :: Int
interceptorSize = 40

-- | Makes the C side of interceptors.
newIntercepting :: [Interceptor] -> IO Intercepting
newIntercepting interceptors = do
  memory <- mallocBytes (max 1 (interceptorSize * length interceptors))
  stable <- mapM newStablePtr interceptors
  forM_ (zip [0 ..] stable) $ \(i, interceptor) -> do
    let at = memory `plusPtr` (i * interceptorSize)
    pokeByteOff at 0 (fromIntegral interceptorSize :: Word64)
    pokeByteOff at 8 (castStablePtrToPtr interceptor)
    pokeByteOff at 16 started
    pokeByteOff at 24 messaged
    pokeByteOff at 32 finished
  return (Intercepting memory stable)

-- | Ends them: after the channel or server.
freeIntercepting :: Intercepting -> IO ()
freeIntercepting (Intercepting memory stable) = do
  mapM_ freeStablePtr stable
  free memory

-- | Ends them when the action has ended.
withInterceptors :: [Interceptor] -> (Intercepting -> IO a) -> IO a
withInterceptors interceptors = bracket (newIntercepting interceptors) freeIntercepting

-- | How many there are.
interceptingCount :: Intercepting -> Int
interceptingCount (Intercepting _ stable) = length stable

-- | The array; null for none.
interceptingArray :: Intercepting -> Ptr ()
interceptingArray (Intercepting memory stable) = if null stable then nullPtr else memory
