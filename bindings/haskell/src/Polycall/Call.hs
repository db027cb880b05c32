{-# LANGUAGE EmptyDataDecls #-}
{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- |
-- Calls, from the caller's side.
module Polycall.Call
  ( -- * Options
    CallOptions (..)
  , defaultCallOptions
    -- * Unary calls
  , unary
  , unaryOrThrow
  , Reply (..)
  , unaryWithMetadata
  , Future
  , unaryAsync
  , await
  , awaitOrThrow
  , cancelFuture
    -- * Streams
  , Stream
  , ServerStream
  , ClientStream
  , BidiStream
  , Nothing_
  , Final
  , serverStreaming
  , serverStreamingOrThrow
  , clientStreaming
  , clientStreamingOrThrow
  , bidiStreaming
  , bidiStreamingOrThrow
  , send
  , halfClose
  , receive
  , forEach
  , collect
  , cancel
  , streamStatus
  , initialMetadata
  , trailingMetadata
  ) where

import Control.Concurrent.MVar
import Control.Exception hiding (handle)
import Control.Monad (unless, void, when)
import Data.IORef
import Data.Int (Int64)
import qualified Data.ByteString as ByteString
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word32, Word64, Word8)
import Foreign.C.Types (CSize)
import Foreign.ForeignPtr
import Foreign.Marshal.Alloc (alloca, allocaBytesAligned)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (FunPtr, Ptr, castPtr, nullPtr, plusPtr)
import Foreign.StablePtr
import Foreign.Storable (peek, peekByteOff, poke, pokeByteOff)
import Polycall.Channel
import Polycall.Context
import Polycall.Foreign
import Polycall.Message
import Polycall.Metadata
import Polycall.Passing
import Polycall.Runtime
import Polycall.Status
import System.IO.Unsafe (unsafePerformIO)

-- | What can be said about one call.
data CallOptions = CallOptions
  { callTimeout :: !(Maybe Seconds)
    -- ^ 'Nothing': the method's default. A handler's own deadline bounds the calls that it makes.
  , callMetadata :: !Metadata
  , callWaitForReady :: !Bool -- ^ Wait (to the deadline) for a peer that is not there.
  , callIdempotent :: !Bool -- ^ May be retried even when it may have run.
  , callDetached :: !Bool -- ^ Inherits nothing of the handler's call on this thread.
  , callNoRetry :: !Bool -- ^ Never started twice, whatever the channel's policy.
  , callParent :: !(Maybe ServerCall)
    -- ^ The handler's call whose deadline and cancellation are inherited. 'Nothing': the one whose
    -- handler runs on this thread, if any; a thread that a handler forked has none.
  }

-- | A plain call.
defaultCallOptions :: CallOptions
defaultCallOptions = CallOptions Nothing [] False False False False Nothing

-- The options as a struct; null for defaults.
withOptions :: CallOptions -> Bool -> Ptr TypeTable -> (Ptr OptionsStruct -> IO a) -> IO a
withOptions (CallOptions Nothing [] False False False False Nothing) False table use
  | table == nullPtr = use nullPtr
withOptions options wantMetadata table use =
  withMetadata (callMetadata options) $ \metadata ->
    withParent (callParent options) $ \parent ->
      allocaBytesAligned optionsSize 8 $ \struct -> do
        fillBytes struct 0 optionsSize
        pokeByteOff struct 0 (fromIntegral optionsSize :: Word64)
        pokeByteOff struct 8 (timeout :: Int64)
        pokeByteOff struct 16 (flags :: Word32)
        pokeByteOff struct 24 metadata
        pokeByteOff struct 32 parent
        pokeByteOff struct optionsResponseType table
        use struct
  where
    timeout = case callTimeout options of
      Nothing -> 0
      Just span_ -> if span_ <= 0 then -1 else max 1 (seconds span_)
    flags = flag 1 (callWaitForReady options) + flag 2 (callIdempotent options)
      + flag 4 (callDetached options) + flag 8 wantMetadata + flag 16 (callNoRetry options)
    flag bit wanted = if wanted then bit else 0
    withParent Nothing go = go nullPtr
    withParent (Just call) go = withCall call Nothing (fmap Just . go) >>= \done -> case done of
      Just result -> return result
      Nothing -> throwStatus Cancelled "the call's parent has ended"

-- ---------------------------------------------------------------------------------------------
-- Unary calls

-- | Makes a unary call and waits for its end. An asynchronous exception that is thrown at the thread
-- cancels the call and goes on when it has ended, which is at once (over inproc: when the handler,
-- which hears of it, has ended).
unary
  :: (Message request, Message response)
  => Method request response -> CallOptions -> request -> IO (Either Status response)
unary method options request = withUnary method options False request (const return)
{-# INLINABLE unary #-}

-- | The same; throws the 'Status' of a call that fails.
unaryOrThrow
  :: (Message request, Message response)
  => Method request response -> CallOptions -> request -> IO response
unaryOrThrow method options request = unary method options request >>= either throwIO return
{-# INLINABLE unaryOrThrow #-}

-- | An outcome with the metadata of both kinds.
data Reply response = Reply
  { replyOutcome :: !(Either Status response)
  , replyInitialMetadata :: !Metadata
  , replyTrailingMetadata :: !Metadata
  }
  deriving (Eq, Show)

-- | A unary call whose metadata is wanted, also when it fails.
unaryWithMetadata
  :: (Message request, Message response)
  => Method request response -> CallOptions -> request -> IO (Reply response)
unaryWithMetadata method options request =
  withUnary method options True request $ \struct outcome -> do
    initial <- peekByteOff struct unaryInitial
    trailing <- peekByteOff struct unaryTrailing
    reply <- Reply outcome <$> readMetadata initial <*> readMetadata trailing
    c_metadata_free initial
    c_metadata_free trailing
    return reply

-- One piece of memory for the struct and the request; one crossing. What comes back is released
-- before an exception can come.
withUnary
  :: forall request response a. (Message request, Message response)
  => Method request response -> CallOptions -> Bool -> request
  -> (Ptr UnaryStruct -> Either Status response -> IO a) -> IO a
withUnary (Method channel handle short taker) options wantMetadata request finish = do
  byValue <- takes taker
  if byValue
    then withOptions options wantMetadata nullPtr $ \optionsStruct ->
      allocaBytesAligned unarySize 8 $ \struct -> mask_ $ do
        code <- withObject taker request $ \object table ->
          c_unary (channelHandle channel) handle optionsStruct object 0 table
            (tableOf (undefined :: response)) struct cancellable
        ended struct code
    else do
      (sizes, size) <- encodedSize request
      withOptions options wantMetadata nullPtr $ \optionsStruct ->
        allocaBytesAligned (unarySize + size) 8 $ \struct -> do
          let bytes = castPtr struct `plusPtr` unarySize :: Ptr Word8
          encodeInto sizes request bytes
          mask_ $ do
            code <- c_unary (channelHandle channel) handle optionsStruct bytes (fromIntegral size)
              nullPtr nullPtr struct cancellable
            ended struct code
  where
    cancellable = if short then 0 else 1
    ended struct code = do
      outcome <- if code == 0
        then takeResponse (struct `plusPtr` unaryResponse)
        else Left <$> takeStatus (struct `plusPtr` unaryStatus)
      when (code == 1) allowInterrupt
      finish struct outcome
{-# INLINE withUnary #-}

-- Reads and releases a message.
takeResponse :: Message a => Ptr MessageStruct -> IO (Either Status a)
takeResponse message = do
  outcome <- readMessage message
  c_message_release message
  return outcome

readMessage :: Message a => Ptr MessageStruct -> IO (Either Status a)
readMessage message = do
  kind <- peekByteOff message messageType :: IO (Ptr TypeTable)
  if kind == nullPtr
    then do
      memory <- peekByteOff message 0
      size <- peekByteOff message 8 :: IO CSize
      unreadable <$> decodeMemory memory (fromIntegral size)
    else passedValue message >>=
      maybe (unreadable . decode <$> messageBytes message) (return . Right)
  where
    unreadable = either (Left . status Internal . Text.pack . show) Right

-- | A unary call under way.
data Future response = Future !(MVar (Either Status response)) !(ForeignPtr CallHandle)

data Pending = Pending (Ptr UnaryStruct -> IO ())

foreign import ccall "wrapper" makeUnaryFn :: UnaryFn -> IO (FunPtr UnaryFn)

unaryEnded :: FunPtr UnaryFn
unaryEnded = unsafePerformIO $ makeUnaryFn $ \arg struct -> do
  let stable = castPtrToStablePtr arg
  Pending end <- deRefStablePtr stable
  freeStablePtr stable
  end struct
{-# NOINLINE unaryEnded #-}

-- | Starts a unary call and returns at once.
unaryAsync
  :: forall request response. (Message request, Message response)
  => Method request response -> CallOptions -> request -> IO (Future response)
unaryAsync (Method channel handle _ _) options request = do
  result <- newEmptyMVar
  -- The call is not released before it has ended: that would cancel it.
  keep <- newIORef Nothing
  (sizes, size) <- encodedSize request
  withOptions options False nullPtr $ \optionsStruct ->
    allocaBytesAligned (unarySize + size) 8 $ \struct -> alloca $ \place -> do
      let bytes = castPtr struct `plusPtr` unarySize :: Ptr Word8
          end ended = do
            let statusAt = ended `plusPtr` unaryStatus
            code <- statusCode <$> readStatus statusAt
            outcome <- if code == Ok
              then readMessage (ended `plusPtr` unaryResponse)
              else Left <$> readStatus statusAt
            void (tryPutMVar result outcome)
            readIORef keep >>= mapM_ touchForeignPtr
      encodeInto sizes request bytes
      fillBytes struct 0 unarySize
      pokeByteOff struct 0 (fromIntegral unarySize :: Word64)
      pokeByteOff struct 8 handle
      pokeByteOff struct 16 optionsStruct
      pokeByteOff struct unaryRequest bytes
      pokeByteOff struct (unaryRequest + 8) (fromIntegral size :: Word64)
      poke place nullPtr
      mask_ $ do
        stable <- newStablePtr (Pending end)
        c_unary_async (channelHandle channel) struct unaryEnded (castStablePtrToPtr stable) place
        call <- peek place
        owned <- newForeignPtr p_call_release call
        writeIORef keep (Just owned)
        return (Future result owned)

-- | Waits for a call's end. Any number of times, from any thread; an asynchronous exception ends the
-- wait and not the call.
await :: Future response -> IO (Either Status response)
await (Future result call) = do
  outcome <- readMVar result
  touchForeignPtr call
  return outcome

-- | The same; throws the 'Status' of a call that fails.
awaitOrThrow :: Future response -> IO response
awaitOrThrow future = await future >>= either throwIO return

-- | Cancels the call; no effect on one that has ended.
cancelFuture :: Future response -> IO ()
cancelFuture (Future _ call) = withForeignPtr call (\handle -> c_cancel handle 0 nullPtr)

-- ---------------------------------------------------------------------------------------------
-- Streams

-- | A streaming call under way, with what it sends and what it receives. One thread at a time sends,
-- one at a time receives.
data Stream sends receives = Stream
  { streamCall :: !(Ptr CallHandle)
  , streamTaker :: !Taker
  , streamTrailing :: !(IORef Metadata)
  , streamEnd :: !(IORef (Maybe Status))
  }

-- | In the place of messages that a call of this kind does not send.
data Nothing_

-- | In the place of messages of which there is one only, at the end.
data Final

-- | Receives messages.
type ServerStream response = Stream Nothing_ response

-- | Sends messages; its one response is what the call's function answers.
type ClientStream request = Stream request Final

-- | Sends and receives messages.
type BidiStream request response = Stream request response

-- The call for the length of an action; cancelled if it has not ended by then.
withStream
  :: forall a b c d e. Message b => Method a b -> CallOptions -> (Stream c d -> IO e) -> IO e
withStream (Method channel handle _ taker) options use = bracket start release use
  where
    start = withOptions options False table $ \struct -> do
      call <- c_call_start (channelHandle channel) handle struct
      Stream call taker <$> newIORef [] <*> newIORef Nothing
    table = if channelInProcess channel then tableOf (undefined :: b) else nullPtr
    release = c_call_release . streamCall

asEither :: IO a -> IO (Either Status a)
asEither = try

-- | Starts a call with one request and many responses. The action receives them; when it returns
-- before the end of the call, the call is cancelled. A failure of the call that the action meets is
-- the 'Left'.
serverStreaming
  :: (Message request, Message response)
  => Method request response -> CallOptions -> request -> (ServerStream response -> IO a)
  -> IO (Either Status a)
serverStreaming method options request use =
  asEither (serverStreamingOrThrow method options request use)

-- | The same; throws the 'Status' of a call that fails.
serverStreamingOrThrow
  :: (Message request, Message response)
  => Method request response -> CallOptions -> request -> (ServerStream response -> IO a) -> IO a
serverStreamingOrThrow method options request use = withStream method options $ \stream -> do
  -- A call that has ended already says so when it is received from.
  _ <- try (sendMessage stream 1 request) :: IO (Either Status ())
  use stream

-- | Starts a call with many requests and one response. The action sends; then the response is waited
-- for.
clientStreaming
  :: (Message request, Message response)
  => Method request response -> CallOptions -> (ClientStream request -> IO ())
  -> IO (Either Status response)
clientStreaming method options use = asEither (clientStreamingOrThrow method options use)

-- | The same; throws the 'Status' of a call that fails.
clientStreamingOrThrow
  :: (Message request, Message response)
  => Method request response -> CallOptions -> (ClientStream request -> IO ())
  -> IO response
clientStreamingOrThrow method options use = withStream method options $ \stream -> do
  use stream
  halfClose stream
  response <- receiveMessage stream
  ended <- streamStatus stream
  unless (statusCode ended == Ok) (throwIO ended)
  maybe (throwStatus Internal "the call ended without a response") return response

-- | Starts a call with many messages each way. When the action returns before the end of the call,
-- the call is cancelled.
bidiStreaming
  :: (Message request, Message response)
  => Method request response -> CallOptions -> (BidiStream request response -> IO a)
  -> IO (Either Status a)
bidiStreaming method options use = asEither (bidiStreamingOrThrow method options use)

-- | The same; throws the 'Status' of a call that fails.
bidiStreamingOrThrow
  :: (Message request, Message response)
  => Method request response -> CallOptions -> (BidiStream request response -> IO a) -> IO a
bidiStreamingOrThrow = withStream

-- | Sends a message; waits while the peer's credit is used up. Throws the call's 'Status' if it has
-- ended with a failure.
send :: Message request => Stream request response -> request -> IO ()
send stream = sendMessage stream 0

sendMessage :: Message a => Stream b c -> Word32 -> a -> IO ()
sendMessage stream flags message = do
  -- The one request of a call is bytes in any case: the library keeps it, to send it again.
  byValue <- if flags == 0 then takes (streamTaker stream) else return False
  outcome <- if byValue
    then withObject (streamTaker stream) message $ \object table -> give object 0 table
    else do
      (sizes, size) <- encodedSize message
      allocaBytesAligned (max 1 size) 8 $ \bytes -> do
        encodeInto sizes message bytes
        give bytes (fromIntegral size) nullPtr
  case outcome of
    Nothing -> return ()
    Just problem
      -- The state or the kind of the call does not allow it: that is no end of the call.
      | statusCode problem == FailedPrecondition -> throwIO problem
      | otherwise -> do
          ended <- streamStatus stream
          throwIO (if statusCode ended == Ok then problem else ended)
  where
    give at size table = withStatus $ \failure -> do
      code <- c_send (streamCall stream) at size table flags failure
      if code == 0 then return Nothing else Just <$> takeStatus failure

-- | Says that no more messages will be sent.
halfClose :: Stream request response -> IO ()
halfClose stream = void (c_half_close (streamCall stream))

-- | The next message; 'Nothing' at the end of a call that succeeded. Throws the 'Status' of one that
-- failed.
receive :: Message response => Stream request response -> IO (Maybe response)
receive stream = do
  message <- receiveMessage stream
  case message of
    Just _ -> return message
    Nothing -> do
      ended <- streamStatus stream
      if statusCode ended == Ok then return Nothing else throwIO ended

receiveMessage :: Message a => Stream b c -> IO (Maybe a)
receiveMessage stream = do
  outcome <- emptyMessage $ \message -> mask_ $ do
    there <- c_receive (streamCall stream) message
    if there == 0 then return Nothing else Just <$> takeResponse message
  case outcome of
    Nothing -> return Nothing
    Just (Right message) -> return (Just message)
    Just (Left problem) -> do
      cancelWith stream Internal (statusMessage problem)
      throwIO problem

-- | Runs an action on each message until the end.
forEach :: Message response => Stream request response -> (response -> IO ()) -> IO ()
forEach stream action = receive stream >>= maybe (return ()) (\x -> action x >> forEach stream action)

-- | All messages until the end.
collect :: Message response => Stream request response -> IO [response]
collect stream = go []
  where
    go sofar = receive stream >>= maybe (return (reverse sofar)) (go . (: sofar))

-- | Cancels the call; what waits for it ends with CANCELLED.
cancel :: Stream request response -> IO ()
cancel stream = c_cancel (streamCall stream) 0 nullPtr

cancelWith :: Stream a b -> StatusCode -> Text -> IO ()
cancelWith stream code message =
  ByteString.useAsCString (Text.encodeUtf8 message) $ \text ->
    c_cancel (streamCall stream) (fromIntegral (statusCodeNumber code)) text

-- | Waits for the call's end and answers its status. Messages that were not received are dropped.
streamStatus :: Stream request response -> IO Status
streamStatus stream = do
  known <- readIORef (streamEnd stream)
  case known of
    Just ended -> return ended
    Nothing -> withStatus $ \place -> alloca $ \trailing -> mask_ $ do
      _ <- c_wait (streamCall stream) place trailing
      ended <- takeStatus place
      peek trailing >>= readMetadata >>= writeIORef (streamTrailing stream)
      writeIORef (streamEnd stream) (Just ended)
      return ended

-- | The handler's initial metadata. Waits until it, a message or the end has arrived.
initialMetadata :: Stream request response -> IO Metadata
initialMetadata stream = c_initial_metadata (streamCall stream) >>= readMetadata

-- | The metadata that came with the status. Waits for the call's end.
trailingMetadata :: Stream request response -> IO Metadata
trailingMetadata stream = streamStatus stream >> readIORef (streamTrailing stream)
