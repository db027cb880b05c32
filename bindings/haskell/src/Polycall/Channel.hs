{-# LANGUAGE OverloadedStrings #-}

-- |
-- Channels: the caller's handle on a target.
module Polycall.Channel
  ( Channel (..)
  , withChannel
  , openChannel
  , closeChannel
  , ChannelOptions (..)
  , defaultChannelOptions
  , Balancing (..)
  , ChannelState (..)
  , channelState
  , waitReady
  , ping
  , transport
  , explain
    -- * Methods
  , Method (..)
  , MethodDescriptor (..)
  , ServiceDescriptor (..)
  , Bytes (..)
  , resolve
  , methodAt
  ) where

import Control.Exception (bracket, mask_, throwIO)
import Control.Monad (forM, when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import Data.IORef
import Data.Int (Int32, Int64)
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word32, Word64)
import Foreign.C.String (withCString)
import Foreign.Marshal.Alloc (alloca, allocaBytesAligned)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (Ptr, nullPtr, plusPtr)
import Foreign.Storable (peek, pokeByteOff)
import Polycall.Foreign
import Polycall.Interceptor
import Polycall.Options
import Polycall.Passing
import Polycall.Runtime
import Polycall.Status

-- | A channel. Any number of threads use it at once.
data Channel = Channel
  { channelHandle :: !(Ptr ChannelHandle)
  , channelInProcess :: !Bool -- ^ Calls run on the caller's own thread.
  , channelIntercepting :: !Intercepting
  , channelOpen :: !(IORef Bool)
  }

-- | What can be said about a channel. A 'Nothing' is the default in the comment.
data ChannelOptions = ChannelOptions
  { channelLimits :: !Limits
  , channelConnectTimeout :: !(Maybe Seconds) -- ^ 5 s for one attempt, handshake included.
  , channelInitialBackoff :: !(Maybe Seconds) -- ^ 50 ms.
  , channelMaxBackoff :: !(Maybe Seconds) -- ^ 10 s.
  , channelMaxAttempts :: !(Maybe Int) -- ^ 3 for one call; 1: no retries.
  , channelTransports :: ![Text] -- ^ Transports that may be used, best first; none: all.
  , channelUserAgent :: !(Maybe Text) -- ^ What the peer's logs show.
  , channelInterceptors :: ![Interceptor]
  , channelTls :: !(Maybe TlsOptions)
    -- ^ For @tls:\/\/@ and @grpcs:\/\/@; the system's authorities, no certificate of one's own.
  , channelBalancing :: !Balancing
  , channelRewireInterval :: !(Maybe Seconds)
    -- ^ How often a channel in use looks for a better way to its peer, and takes it. 5 s; negative:
    -- never.
  , channelHedgingDelay :: !(Maybe Seconds)
    -- ^ Idempotent unary calls that are not answered after so long are sent to a second address too;
    -- the first answer counts. Never.
  }

-- | How a channel spreads calls over the addresses that its target stands for.
data Balancing
  = DefaultBalancing -- ^ What the resolver says, else 'PickFirst'.
  | PickFirst -- ^ The first address that answers, until it breaks.
  | RoundRobin -- ^ All that answer, in turn.
  | LeastInFlight -- ^ Of two picked at random the one with fewer calls.
  deriving (Eq, Ord, Show, Enum, Bounded)

-- | All as the runtime has them.
defaultChannelOptions :: ChannelOptions
defaultChannelOptions =
  ChannelOptions defaultLimits Nothing Nothing Nothing Nothing [] Nothing [] Nothing
    DefaultBalancing Nothing Nothing

-- | A channel for the length of an action: @withChannel "unix:/run/calc.sock" defaultChannelOptions@.
--
-- Targets are @inproc:name@, @unix:/path@, @tcp:\/\/host:port@ and @host:port@. A channel does not
-- connect before its first call. Throws an INVALID_ARGUMENT 'Status' for a target that does not
-- parse. At the end calls that are under way are cancelled.
withChannel :: Text -> ChannelOptions -> (Channel -> IO a) -> IO a
withChannel target options = bracket (openChannel target options) closeChannel

-- | The first half of 'withChannel'.
openChannel :: Text -> ChannelOptions -> IO Channel
openChannel target options = mask_ $ do
  ensureRuntime
  intercepting <- newIntercepting (channelInterceptors options)
  handle <- withStatus $ \failure -> allocaBytesAligned size 8 $ \struct -> do
    fillBytes struct 0 size
    pokeByteOff struct 0 (fromIntegral size :: Word64)
    pokeLimits (struct `plusPtr` 8) (channelLimits options)
    pokeByteOff struct 80 (maybe 0 seconds (channelConnectTimeout options) :: Int64)
    pokeByteOff struct 88 (maybe 0 seconds (channelInitialBackoff options) :: Int64)
    pokeByteOff struct 96 (maybe 0 seconds (channelMaxBackoff options) :: Int64)
    pokeByteOff struct 104 (maybe 0 fromIntegral (channelMaxAttempts options) :: Word32)
    pokeByteOff struct 108 (fromIntegral (interceptingCount intercepting) :: Word32)
    pokeByteOff struct 112 (interceptingArray intercepting)
    pokeByteOff struct 152 (fromIntegral (fromEnum (channelBalancing options)) :: Int32)
    pokeByteOff struct 160 (maybe 0 seconds (channelRewireInterval options) :: Int64)
    pokeByteOff struct 168 (maybe 0 seconds (channelHedgingDelay options) :: Int64)
    withNames (channelTransports options) $ \transports ->
      withMaybeText (channelUserAgent options) $ \agent ->
      withTlsOptions (channelTls options) $ \tls -> do
        pokeByteOff struct 120 transports
        pokeByteOff struct 136 agent
        pokeByteOff struct 144 tls
        made <- ByteString.useAsCString (Text.encodeUtf8 target) $ \name ->
          c_channel_new name struct failure
        if made /= nullPtr then return (Right made) else Left <$> takeStatus failure
  case handle of
    Left problem -> freeIntercepting intercepting >> throwIO problem
    Right made -> Channel made ("inproc:" `Text.isPrefixOf` target) intercepting <$> newIORef True
  where
    size = 176
    -- None: all.
    withNames [] use = use nullPtr
    withNames names use = withTexts names use

-- | Ends a channel; a second time does nothing. No call may be made on it any more.
closeChannel :: Channel -> IO ()
closeChannel channel = mask_ $ do
  open <- atomicModifyIORef' (channelOpen channel) (\before -> (False, before))
  when open $ do
    c_channel_free (channelHandle channel)
    freeIntercepting (channelIntercepting channel)

-- | What a channel is doing.
data ChannelState = Idle | Connecting | Ready | TransientFailure
  deriving (Eq, Ord, Show, Enum, Bounded)

-- | The state now.
channelState :: Channel -> IO ChannelState
channelState channel = toEnum . fromIntegral <$> c_channel_state (channelHandle channel)

-- | Connects if need be and waits, at most so long; 'Left' is the last attempt's error.
waitReady :: Channel -> Seconds -> IO (Either Status ())
waitReady channel timeout = withStatus $ \failure -> do
  code <- c_wait_ready (channelHandle channel) (seconds timeout) failure
  if code == 0 then return (Right ()) else Left <$> takeStatus failure

-- | Sends a ping and waits for the answer, at most so long: the time that it took.
ping :: Channel -> Seconds -> IO (Either Status Seconds)
ping channel timeout = withStatus $ \failure -> alloca $ \taken -> do
  code <- c_ping (channelHandle channel) (seconds timeout) taken failure
  if code == 0 then Right . fromNanoseconds <$> peek taken else Left <$> takeStatus failure

-- | The transport in use: @inproc@, @shm@, @unix@, @tcp@, @tls@ or @grpc@; 'Nothing' when there is none now.
transport :: Channel -> IO (Maybe Text)
transport channel = do
  name <- c_transport (channelHandle channel)
  if name == nullPtr
    then return Nothing
    else Just . Text.decodeUtf8 <$> ByteString.packCString name

-- | What was offered, chosen and refused in the last connection attempt, as a JSON object.
explain :: Channel -> IO ByteString
explain channel = bracket (c_explain (channelHandle channel)) c_string_free ByteString.packCString

-- ---------------------------------------------------------------------------------------------
-- Methods

-- | A method as one channel calls it.
--
-- 'True': its handler is short and never blocks (option @inline@ of the @.proto@), so that over inproc
-- nothing is gained by being able to interrupt it.
data Method request response = Method !Channel !(Ptr MethodHandle) !Bool !Taker

-- | Static memory of generated code.
data Bytes = Bytes !(Ptr ()) !Int

-- | One method of a service: name, kind (0 to 3), flags, default timeout in milliseconds, and the
-- names of its messages.
data MethodDescriptor = MethodDescriptor !String !Int !Int !Int !String !String

-- | A service, as in its @.proto@.
data ServiceDescriptor = ServiceDescriptor
  { serviceName :: !String
  , serviceFingerprint :: !Word64
  , serviceFiles :: !Bytes
  , serviceMethods :: ![MethodDescriptor]
  }

-- | The methods of a service on a channel, in order.
data Methods = Methods !Channel ![(Ptr MethodHandle, Bool, Taker)]

-- | Finds all methods of a service.
resolve :: Channel -> ServiceDescriptor -> IO Methods
resolve channel service = do
  handles <- forM (serviceMethods service) $
    \(MethodDescriptor name kind flags timeout request response) ->
      withCString (serviceName service) $ \serviceText -> withCString name $ \nameText ->
        withCString request $ \requestText -> withCString response $ \responseText ->
          c_method (channelHandle channel) serviceText nameText (fromIntegral kind)
            (fromIntegral flags) (fromIntegral timeout * 1000000) requestText responseText
  let short (MethodDescriptor _ _ flags _ _ _) = channelInProcess channel && flags `div` 2 `mod` 2 == 1
  takers <- forM handles (const (if channelInProcess channel then newTaker else return noTaker))
  return (Methods channel (zip3 handles (map short (serviceMethods service)) takers))

-- | One of them.
methodAt :: Methods -> Int -> Method request response
methodAt (Methods channel handles) i = case handles !! i of
  (handle, short, taker) -> Method channel handle short taker

