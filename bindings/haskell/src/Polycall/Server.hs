{-# LANGUAGE ExistentialQuantification #-}
{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- |
-- Servers: services plus listeners.
module Polycall.Server
  ( Server (..)
  , withServer
  , newServer
  , freeServer
  , ServerOptions (..)
  , defaultServerOptions
  , addService
  , allow
  , listen
  , start
  , wait
  , waitFor
  , shutdown
  , setServing
  , ServerStats (..)
  , stats
  , runWorker
    -- * Services and handlers
  , Service (..)
  , forked
  , Handler
  , Requests
  , Responses
  , nextRequest
  , forRequests
  , respond
  , unaryHandler
  , serverStreamingHandler
  , clientStreamingHandler
  , bidiStreamingHandler
    -- * For the host
  , borrowServer
  ) where

import Control.Concurrent
import Control.Exception hiding (Handler, handle)
import Control.Monad (forM_, unless, void, when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Unsafe as ByteString
import Data.IORef
import Data.Int (Int64)
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word32, Word64, Word8)
import Foreign.C.String (withCString)
import Foreign.C.Types (CSize)
import Foreign.Marshal.Alloc (allocaBytes, allocaBytesAligned)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (FunPtr, Ptr, freeHaskellFunPtr, nullPtr, plusPtr)
import Foreign.StablePtr
import Foreign.Storable (peekByteOff, pokeByteOff)
import GHC.Conc (getNumProcessors)
import Polycall.Channel
import Polycall.Context
import Polycall.Foreign
import Polycall.Interceptor
import Polycall.Message
import Polycall.Options
import Polycall.Passing
import Polycall.Runtime
import Polycall.Status
import System.IO.Unsafe (unsafePerformIO)
import Unsafe.Coerce (unsafeCoerce)

-- | A server. Any thread may use it.
data Server = Server
  { serverHandle :: !(Ptr ServerHandle)
  , serverIntercepting :: !(Maybe Intercepting)
  , serverLive :: !(IORef Bool)
  , serverGrace :: !Seconds
  }

-- | What can be said about a server. A 'Nothing' is the default in the comment.
data ServerOptions = ServerOptions
  { serverLimits :: !Limits
  , serverMaxThreads :: !(Maybe Int) -- ^ 256: handlers that run at once.
  , serverName :: !(Maybe Text) -- ^ What peers' 'explain' shows; the program's name.
  , serverInterceptors :: ![Interceptor]
  , serverDonatedOnly :: !Bool -- ^ No threads of the runtime's: only 'runWorker' serves.
  , serverDescribe :: !Bool -- ^ Serve descriptions of the services; 'True' by default.
  , serverShutdownGrace :: !Seconds -- ^ How long 'withServer' lets calls end; 5 s by default.
  , serverTransports :: ![Text]
    -- ^ What may be spoken on its listeners: @inproc@, @shm@, @unix@, @tcp@, @tls@, @grpc@, @http@;
    -- none: all.
  , serverTls :: !(Maybe TlsOptions) -- ^ Without it there is no TLS.
  }

-- | All as the runtime has them.
defaultServerOptions :: ServerOptions
defaultServerOptions = ServerOptions defaultLimits Nothing Nothing [] False True 5 []
  Nothing

-- | A server for the length of an action; then it is shut down, with grace.
--
-- > withServer defaultServerOptions $ \server -> do
-- >   addService server (serveCalc handlers)
-- >   address <- listen server "tcp://127.0.0.1:0"
-- >   start server
-- >   wait server
withServer :: ServerOptions -> (Server -> IO a) -> IO a
withServer options use =
  mask $ \restore -> do
    server <- newServer options
    result <- restore (use server) `onException` stop server 0
    stop server (serverGrace server)
    return result
  where
    stop server grace = shutdown server grace >> freeServer server

-- | The first half of 'withServer'. Handlers of other languages' threads need capabilities of GHC's: a
-- program that runs on one (no @+RTS -N@) gets as many as there are processors, at most 8.
newServer :: ServerOptions -> IO Server
newServer options = mask_ $ do
  ensureRuntime
  raiseCapabilities
  intercepting <- newIntercepting (serverInterceptors options)
  made <- withStatus $ \failure -> allocaBytesAligned size 8 $ \struct -> do
    fillBytes struct 0 size
    pokeByteOff struct 0 (fromIntegral size :: Word64)
    pokeLimits (struct `plusPtr` 8) (serverLimits options)
    pokeByteOff struct 80 (maybe 0 fromIntegral (serverMaxThreads options) :: Word32)
    pokeByteOff struct 84 (flags :: Word32)
    pokeByteOff struct 88 (fromIntegral (interceptingCount intercepting) :: Word32)
    pokeByteOff struct 96 (interceptingArray intercepting)
    withMaybeText (serverName options) $ \name -> withTexts (serverTransports options) $ \names ->
      withTlsOptions (serverTls options) $ \tls -> do
        pokeByteOff struct 112 name
        pokeByteOff struct 120 (if null (serverTransports options) then nullPtr else names)
        pokeByteOff struct 128 tls
        handle <- c_server_new struct failure
        if handle /= nullPtr then return (Right handle) else Left <$> takeStatus failure
  case made of
    Left problem -> freeIntercepting intercepting >> throwIO problem
    Right handle -> do
      live <- newIORef True
      return (Server handle (Just intercepting) live (serverShutdownGrace options))
  where
    size = 136
    flags = (if serverDonatedOnly options then 1 else 0) + (if serverDescribe options then 0 else 4)

raiseCapabilities :: IO ()
raiseCapabilities = do
  present <- getNumCapabilities
  processors <- getNumProcessors
  when (present == 1 && processors > 1) (setNumCapabilities (min 8 processors))

-- | Ends a server; a second time does nothing. Not from a handler.
freeServer :: Server -> IO ()
freeServer server = mask_ $ do
  live <- atomicModifyIORef' (serverLive server) (\before -> (False, before))
  when live $ do
    c_server_free (serverHandle server)
    mapM_ freeIntercepting (serverIntercepting server)

-- | A server that somebody else owns.
borrowServer :: Ptr ServerHandle -> IO Server
borrowServer handle = do
  raiseCapabilities
  live <- newIORef False
  return (Server handle Nothing live 0)

-- | Says who may call a service, before 'start': peers that have one of the identities, as
-- 'identityNames' has them, or a certificate's whole subject (@CN=..@). Calls of others end
-- PERMISSION_DENIED. The service @""@ sets it for those that have no list of their own. Throws NOT_FOUND
-- for a service that was not added, INVALID_ARGUMENT for an identity of no known kind.
allow :: Server -> Text -> [Text] -> IO ()
allow server service identities =
  ByteString.useAsCString (Text.encodeUtf8 service) $ \name -> withTexts identities $ \texts ->
    withStatus $ \failure -> do
      code <- c_server_allow (serverHandle server) name texts
        (fromIntegral (length identities)) failure
      throwCode failure code

-- | Listens on @inproc:name@, @unix:\/path@, @tcp:\/\/host:port@ (port 0: any) or @tls:\/\/host:port@ (takes
-- nothing but TLS; @tcp@ takes it too if there is 'serverTls') and answers the target that callers use.
-- Before or after 'start'. Throws ALREADY_EXISTS when somebody listens there.
listen :: Server -> Text -> IO Text
listen server target =
  ByteString.useAsCString (Text.encodeUtf8 target) $ \name -> allocaBytes size $ \address ->
    withStatus $ \failure -> do
      code <- c_server_listen (serverHandle server) name address (fromIntegral size) failure
      throwCode failure code
      Text.decodeUtf8 <$> ByteString.packCString address
  where
    size = 4096

-- | Starts serving.
start :: Server -> IO ()
start server = withStatus $ \failure -> do
  code <- c_server_start (serverHandle server) failure
  throwCode failure code

-- | Waits until the server has shut down. An asynchronous exception ends the wait.
wait :: Server -> IO ()
wait server = do
  ended <- waitFor server 0.2
  unless ended (wait server)

-- | The same for at most so long; whether the server has shut down.
waitFor :: Server -> Seconds -> IO Bool
waitFor server timeout
  | timeout > slice = do
      ended <- once slice
      if ended then return True else waitFor server (timeout - slice)
  | otherwise = once timeout
  where
    slice = 0.2
    once span_ = (== 0) <$> c_server_wait (serverHandle server) (seconds span_)

-- | Graceful shutdown: no new calls, those under way may end for so long, then they are cancelled. A
-- second call waits for the first. Not from a handler.
shutdown :: Server -> Seconds -> IO ()
shutdown server grace = c_server_shutdown (serverHandle server) (seconds grace)

-- | What @grpc.health.v1.Health@ answers for a service; @""@ is the server as a whole.
setServing :: Server -> Text -> Bool -> IO ()
setServing server name serving = ByteString.useAsCString (Text.encodeUtf8 name) $ \text ->
  c_server_set_serving (serverHandle server) text (if serving then 1 else 0)

-- | Counters since start.
data ServerStats = ServerStats
  { statsConnectionsOpen :: !Word64
  , statsConnectionsAccepted :: !Word64
  , statsCallsStarted :: !Word64
  , statsCallsInFlight :: !Word64
  , statsCallsFailed :: !Word64 -- ^ Ended with another status than 'Ok'.
  , statsProtocolErrors :: !Word64
  , statsThreads :: !Word64
  }
  deriving (Eq, Show)

-- | The counters now.
stats :: Server -> IO ServerStats
stats server = allocaBytesAligned 64 8 $ \struct -> do
  fillBytes struct 0 64
  pokeByteOff struct 0 (64 :: Word64)
  c_server_stats (serverHandle server) struct
  ServerStats <$> at struct 8 <*> at struct 16 <*> at struct 24 <*> at struct 32 <*> at struct 40
    <*> at struct 48 <*> at struct 56
  where
    at = peekByteOff

-- | Donates this thread: it reads requests and runs handlers until the server has shut down ('True') or
-- the time is over.
runWorker :: Server -> Maybe Seconds -> IO Bool
runWorker server timeout =
  (== 0) <$> c_run_worker (serverHandle server) (maybe (-1) seconds timeout :: Int64)

-- ---------------------------------------------------------------------------------------------
-- Services

-- | A service with its handlers, in the order of the methods. Generated code makes it.
data Service = Service !ServiceDescriptor ![Handler]

-- | How one method is served.
data Handler = Handler
  { handlerRun :: !(ServerCall -> Input -> IO Answer)
  , handlerForked :: !Bool
  , handlerTakes :: !(Ptr TypeTable) -- ^ Requests of this type are passed as they are.
  , handlerKeep :: !(Ptr MessageStruct -> IO Input) -- ^ For longer than the call of the handler.
  }

-- What a handler was called with.
data Input = Input (Ptr MessageStruct) | Kept ByteString | KeptValue Passed | NoInput

-- How it ends the call.
data Answer = forall a. Message a => Response a | Done

-- | Each handler of the service in a thread of its own (of GHC's, which are cheap), instead of on the
-- runtime's thread that brought the request. For handlers that wait long, of which there may be many
-- thousands. What they call inherits deadline and cancellation only by 'Polycall.callParent'.
forked :: Service -> Service
forked (Service descriptor handlers) =
  Service descriptor [handler { handlerForked = True } | handler <- handlers]

foreign import ccall "wrapper" makeHandler :: HandlerFn -> IO (FunPtr HandlerFn)
foreign import ccall "wrapper" makeFree :: ArgFn -> IO (FunPtr ArgFn)

freeCallback :: FunPtr ArgFn
freeCallback = unsafePerformIO $ makeFree $ \arg -> do
  let stable = castPtrToStablePtr arg
  handlers <- deRefStablePtr stable :: IO [FunPtr HandlerFn]
  freeStablePtr stable
  mapM_ freeHaskellFunPtr handlers
{-# NOINLINE freeCallback #-}

-- | Adds a service, before 'start'. Throws ALREADY_EXISTS for one that was added before.
addService :: Server -> Service -> IO ()
addService server (Service descriptor handlers) = mask_ $ do
  let Bytes files filesSize = serviceFiles descriptor
      methods = serviceMethods descriptor
  callbacks <- mapM (makeHandler . serveCall) handlers
  service <- withCString (serviceName descriptor) $ \name ->
    c_service_new name (fromIntegral (length methods)) files (fromIntegral filesSize)
      (serviceFingerprint descriptor)
  when (service == nullPtr) (throwStatus ResourceExhausted "no memory for a service")
  forM_ (zip3 [0 ..] methods (zip handlers callbacks)) $
    \(i, MethodDescriptor name kind flags timeout request response, (handler, callback)) ->
      withCString name $ \nameText -> withCString request $ \requestText ->
        withCString response $ \responseText ->
          c_service_method service i nameText (fromIntegral kind) (fromIntegral flags)
            (fromIntegral timeout * 1000000) requestText responseText callback
            (if handlerForked handler then 1 else 0) (handlerTakes handler)
  stable <- newStablePtr callbacks
  added <- withStatus $ \failure -> do
    code <- c_service_add service (serverHandle server) (castStablePtrToPtr stable) freeCallback
      failure
    if code == 0 then return Nothing else Just <$> takeStatus failure
  case added of
    Nothing -> return ()
    Just problem -> do
      freeStablePtr stable
      mapM_ freeHaskellFunPtr callbacks
      throwIO problem

serveCall :: Handler -> HandlerFn
serveCall handler _ handle request
  | handlerForked handler = do
      input <- if request == nullPtr then return NoInput else handlerKeep handler request
      void (forkIO (run input))
  | otherwise = run (if request == nullPtr then NoInput else Input request)
  where
    run input = do
      call <- newServerCall handle
      outcome <- try (handlerRun handler call input >>= answer call)
      case outcome of
        Right () -> return ()
        Left problem -> endServerCall call (finishWith handle (statusOf problem))
    answer call ended = case ended of
      Done -> endServerCall call (c_finish handle nullPtr 0 nullPtr)
      Response message -> giveMessage call message $ \at size table ->
        endServerCall call (c_finish handle at size table)

-- The message as the caller takes it: the value itself, or its bytes.
giveMessage :: Message a => ServerCall -> a -> (Ptr Word8 -> CSize -> Ptr TypeTable -> IO b) -> IO b
giveMessage call message give = do
  taker <- readIORef (serverCallTaker call)
  byValue <- takes taker
  if byValue
    then withObject taker message (\object -> give object 0)
    else do
      (sizes, size) <- encodedSize message
      allocaBytesAligned (max 1 size) 8 $ \bytes -> do
        encodeInto sizes message bytes
        give bytes (fromIntegral size) nullPtr
{-# INLINE giveMessage #-}

finishWith :: Ptr CallHandle -> Status -> IO ()
finishWith handle (Status code message details) =
  ByteString.useAsCString (Text.encodeUtf8 message) $ \text ->
    ByteString.unsafeUseAsCStringLen details $ \(memory, size) ->
      c_finish_status handle (fromIntegral (statusCodeNumber code)) text memory (fromIntegral size)

-- What a handler threw, as a status.
statusOf :: SomeException -> Status
statusOf problem
  | Just known <- fromException problem = if statusCode known == Ok
      then status Unknown "the handler threw a status that is OK"
      else known
  | Just StackOverflow <- fromException problem = status ResourceExhausted "stack overflow"
  | Just HeapOverflow <- fromException problem = status ResourceExhausted "heap overflow"
  | Just ThreadKilled <- fromException problem = status Cancelled "the handler's thread was killed"
  | otherwise = status Unknown (Text.pack (displayException problem))

readInput :: Message a => ServerCall -> Input -> IO a
readInput call input = case input of
  NoInput -> throwStatus Internal "the call came without its request"
  Kept bytes -> either unreadable return (decode bytes)
  KeptValue (Passed value) -> do
    newTaker >>= writeIORef (serverCallTaker call)
    return (unsafeCoerce value) -- 'keepInput' made it for this type
  Input message -> do
    kind <- peekByteOff message messageType :: IO (Ptr TypeTable)
    if kind == nullPtr
      then do
        memory <- peekByteOff message 0
        size <- peekByteOff message 8 :: IO CSize
        decodeMemory memory (fromIntegral size) >>= either unreadable return
      else passedValue message >>= \passed -> case passed of
        Just value -> do
          newTaker >>= writeIORef (serverCallTaker call)
          return value
        Nothing -> (decode <$> messageBytes message) >>= either unreadable return
  where
    unreadable problem = throwStatus Internal (Text.pack (show problem))
{-# INLINABLE readInput #-}

-- A request of a type, for a handler that runs on when the library takes the message back.
keepInput :: forall a. Message a => a -> Ptr MessageStruct -> IO Input
keepInput _ message = passedValue message >>= \passed -> case passed of
  Just value -> return (KeptValue (Passed (value :: a)))
  Nothing -> Kept <$> messageBytes message

-- | The caller's messages of a call that receives.
newtype Requests request = Requests ServerCall

-- | Where a call that sends puts its messages.
newtype Responses response = Responses ServerCall

-- | The next message; 'Nothing' after the caller's half-close, or when the call was cancelled
-- ('isCancelled' tells them apart). One thread at a time.
nextRequest :: Message request => Requests request -> IO (Maybe request)
nextRequest (Requests call) = withCall call Nothing $ \handle -> emptyMessage $ \message -> do
  there <- c_handler_receive handle message
  if there == 0 then return Nothing else do
    outcome <- try (readInput call (Input message))
    c_message_release message
    either (\problem -> throwIO (problem :: SomeException)) (return . Just) outcome

-- | Runs an action on each message until there are no more.
forRequests :: Message request => Requests request -> (request -> IO ()) -> IO ()
forRequests requests action =
  nextRequest requests >>= maybe (return ()) (\x -> action x >> forRequests requests action)

-- | Sends a message; waits while the caller's credit is used up. Throws a 'Status' when the call has
-- been cancelled. One thread at a time.
respond :: Message response => Responses response -> response -> IO ()
respond (Responses call) message = do
  sent <- withCall call False $ \handle -> giveMessage call message $ \at size table -> do
    withStatus $ \failure -> do
      code <- c_handler_send handle at size table failure
      throwCode failure code
    return True
  unless sent (throwStatus Cancelled "the call has ended")

-- | For generated code: handlers of the four kinds.
unaryHandler
  :: forall request response. (Message request, Message response)
  => (ServerCall -> request -> IO response) -> Handler
unaryHandler f =
  handlerOf (undefined :: request) (\call input -> readInput call input >>= fmap Response . f call)
{-# INLINABLE unaryHandler #-}

serverStreamingHandler
  :: forall request response. Message request
  => (ServerCall -> request -> Responses response -> IO ()) -> Handler
serverStreamingHandler f = handlerOf (undefined :: request) $ \call input -> do
  x <- readInput call input
  -- Such a request comes as bytes, whoever sent it: only an answer tells whether values are taken.
  place <- callTransport call
  when (place == "inproc") (newTaker >>= writeIORef (serverCallTaker call))
  Done <$ f call x (Responses call)

clientStreamingHandler
  :: forall request response. (Message request, Message response)
  => (ServerCall -> Requests request -> IO response) -> Handler
clientStreamingHandler f =
  handlerOf (undefined :: request) (\call _ -> Response <$> f call (Requests call))

bidiStreamingHandler
  :: forall request response. Message request
  => (ServerCall -> Requests request -> Responses response -> IO ()) -> Handler
bidiStreamingHandler f = handlerOf (undefined :: request) $ \call _ ->
  Done <$ f call (Requests call) (Responses call)

handlerOf :: Message request => request -> (ServerCall -> Input -> IO Answer) -> Handler
handlerOf request run = Handler run False (tableOf request) (keepInput request)
{-# INLINE handlerOf #-}
