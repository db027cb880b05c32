{-# LANGUAGE OverloadedStrings #-}

-- |
-- The handler's view of its call.
module Polycall.Context
  ( ServerCall (..)
  , newServerCall
  , endServerCall
  , withCall
  , requestMetadata
  , sendInitialMetadata
  , setTrailingMetadata
  , timeLeft
  , isCancelled
  , onCancel
  , peer
  , peerIdentity
  , callTransport
  , callService
  , callMethod
  ) where

import Control.Exception (SomeException, try)
import Control.Monad (unless, void, when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import Data.IORef
import Data.Text (Text)
import qualified Data.Text.Encoding as Text
import qualified Data.Text.Encoding.Error as Text
import Foreign.C.String (CString)
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.Ptr (FunPtr, Ptr, nullPtr)
import Foreign.StablePtr
import Polycall.Foreign
import Polycall.Identity
import Polycall.Metadata
import Polycall.Passing
import Polycall.Runtime
import Polycall.Status
import System.IO.Unsafe (unsafePerformIO)

-- | The call that a handler serves. It lives until the handler has answered; afterwards it counts as
-- cancelled and holds nothing.
data ServerCall = ServerCall
  { serverCallHandle :: !(Ptr CallHandle)
  , serverCallState :: !(IORef State)
  , serverCallTaker :: !(IORef Taker)
    -- ^ Whether the caller takes values as they are: one that gave such a value does.
  }

data State = Alive (IO ()) | Ended

foreign import ccall "wrapper" makeCancelled :: ArgFn -> IO (FunPtr ArgFn)

cancelledCallback :: FunPtr ArgFn
cancelledCallback = unsafePerformIO $ makeCancelled $ \arg -> do
  action <- deRefStablePtr (castPtrToStablePtr arg)
  void (try action :: IO (Either SomeException ()))
{-# NOINLINE cancelledCallback #-}

-- | For the binding: the view of a call that begins.
newServerCall :: Ptr CallHandle -> IO ServerCall
newServerCall handle = ServerCall handle <$> newIORef (Alive (return ())) <*> newIORef noTaker

-- | For the binding: marks the call as ended, runs the finish, then frees what callbacks held.
endServerCall :: ServerCall -> IO () -> IO ()
endServerCall call finish = do
  state <- atomicModifyIORef' (serverCallState call) (\before -> (Ended, before))
  case state of
    Ended -> return ()
    Alive release -> finish >> release

-- | An action on a call that lives; otherwise the other value.
withCall :: ServerCall -> a -> (Ptr CallHandle -> IO a) -> IO a
withCall call otherwise_ use = do
  state <- readIORef (serverCallState call)
  case state of
    Ended -> return otherwise_
    Alive _ -> use (serverCallHandle call)

-- | The caller's metadata.
requestMetadata :: ServerCall -> IO Metadata
requestMetadata call = withCall call [] (\handle -> c_call_metadata handle >>= readMetadata)

-- | Sends metadata ahead of the first message; at most once. Throws FAILED_PRECONDITION afterwards.
sendInitialMetadata :: ServerCall -> Metadata -> IO ()
sendInitialMetadata = giveMetadata c_send_initial_metadata

-- | Sets the metadata that goes with the status; replaces what was set before.
setTrailingMetadata :: ServerCall -> Metadata -> IO ()
setTrailingMetadata = giveMetadata c_set_trailing_metadata

giveMetadata
  :: (Ptr CallHandle -> Ptr MetadataHandle -> Ptr StatusStruct -> IO b) -> ServerCall -> Metadata
  -> IO ()
giveMetadata give call entries = withCall call () $ \handle ->
  unless (null entries) $ withMetadata entries $ \metadata -> withStatus $ \failure -> do
    _ <- give handle metadata failure
    found <- takeStatus failure
    unless (statusCode found == Ok) (throwStatus (statusCode found) (statusMessage found))

-- | The time until the deadline, at least 0; 'Nothing' when there is none.
timeLeft :: ServerCall -> IO (Maybe Seconds)
timeLeft call = withCall call (Just 0) $ \handle -> do
  left <- c_time_left handle
  return (if left == maxBound then Nothing else Just (fromNanoseconds left))

-- | Whether the caller cancelled, its deadline passed or it is gone: the answer reaches nobody.
isCancelled :: ServerCall -> IO Bool
isCancelled call = withCall call True (fmap (/= 0) . c_is_cancelled)

-- | Runs an action once if the call is cancelled before it is answered; at once if it already is. A
-- second action replaces the first. It runs on a thread of the runtime's and should be short.
onCancel :: ServerCall -> IO () -> IO ()
onCancel call action = withCall call () $ \handle -> do
  stable <- newStablePtr action
  kept <- atomicModifyIORef' (serverCallState call) $ \state -> case state of
    Alive release -> (Alive (release >> freeStablePtr stable), return True)
    Ended -> (Ended, freeStablePtr stable >> return False)
  alive <- kept
  when alive (c_on_cancel handle cancelledCallback (castStablePtrToPtr stable))

-- | The peer's address, @tcp:\/\/127.0.0.1:4711@; for a unix peer with @,pid=..,uid=..@ as the kernel
-- vouches.
peer :: ServerCall -> IO Text
peer call = withCall call "" $ \handle -> allocaBytes 512 $ \memory -> do
  _ <- c_call_peer handle memory 512
  Text.decodeUtf8With Text.lenientDecode <$> ByteString.packCString memory

-- | Who the caller is; 'Nothing' when nobody vouches for it (plain TCP, or TLS without a client
-- certificate).
peerIdentity :: ServerCall -> IO (Maybe Identity)
peerIdentity call = withCall call Nothing readIdentity

-- | @inproc@, @shm@, @unix@, @tcp@, @tls@, @grpc@ or @http@.
callTransport :: ServerCall -> IO Text
callTransport call = Text.decodeUtf8 <$> named c_call_transport call

-- | @calc.v1.Calc@.
callService :: ServerCall -> IO Text
callService call = Text.decodeUtf8 <$> named c_call_service call

-- | @Add@.
callMethod :: ServerCall -> IO Text
callMethod call = Text.decodeUtf8 <$> named c_call_method call

named :: (Ptr CallHandle -> IO CString) -> ServerCall -> IO ByteString
named get call = withCall call "" $ \handle -> do
  text <- get handle
  if text == nullPtr then return "" else ByteString.packCString text
