-- |
-- PolyCall: typed clients and servers of a @.proto@ file, over the fastest path between two ends.
--
-- > import Polycall
-- > import Proto.Calc
-- >
-- > main = withChannel "unix:/run/calc.sock" defaultChannelOptions $ \channel -> do
-- >   calc <- newCalcClient channel
-- >   outcome <- calcAdd calc defaultCallOptions defaultMessage { addRequestLeft = 20 }
-- >   either (print . statusMessage) (print . addReplySum) outcome
--
-- Programs are linked with @ghc -threaded@. Every function may be called from any thread. Functions
-- that wait for a peer are bounded by a deadline or limit, and an asynchronous exception (as that of
-- 'System.Timeout.timeout') ends them early and cancels the call.
module Polycall
  ( -- * Channels
    Channel
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
  , Limits (..)
  , defaultLimits
  , TlsOptions (..)
  , defaultTlsOptions
  , Seconds
    -- * Calls
  , CallOptions (..)
  , defaultCallOptions
  , Method
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
  , serverStreaming
  , clientStreaming
  , bidiStreaming
  , send
  , halfClose
  , receive
  , forEach
  , collect
  , cancel
  , streamStatus
  , initialMetadata
  , trailingMetadata
    -- * Statuses
  , Status (..)
  , StatusCode (..)
  , status
  , okStatus
  , throwStatus
  , statusCodeNumber
  , statusCodeFromNumber
    -- * Metadata
  , Metadata
  , lookupMetadata
  , lookupAllMetadata
    -- * Servers
  , Server
  , withServer
  , newServer
  , freeServer
  , ServerOptions (..)
  , defaultServerOptions
  , Service
  , addService
  , forked
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
    -- * Handlers
  , ServerCall
  , Requests
  , nextRequest
  , forRequests
  , Responses
  , respond
  , requestMetadata
  , sendInitialMetadata
  , setTrailingMetadata
  , timeLeft
  , isCancelled
  , onCancel
  , peer
  , Identity (..)
  , peerIdentity
  , callTransport
  , callService
  , callMethod
    -- * Interceptors
  , Interceptor
  , InterceptedCall (..)
  , Observer (..)
  , observe
    -- * The log and the library
  , LogLevel (..)
  , setLog
  , resetLog
  , version
    -- * Messages
  , module Polycall.Message
  ) where

import qualified Data.ByteString as ByteString
import Data.Text (Text)
import qualified Data.Text.Encoding as Text
import Polycall.Call
import Polycall.Channel
import Polycall.Context
import Polycall.Foreign (c_version)
import Polycall.Identity (Identity (..))
import Polycall.Interceptor
import Polycall.Log
import Polycall.Message
  ( DecodeError (..)
  , EncodeError (..)
  , Message (defaultMessage, messageName, messageUnknownFields)
  , ProtoEnum (..)
  , UnknownFields
  , decode
  , encode
  , noUnknownFields
  , unknownFieldsToBytes
  )
import Polycall.Metadata
import Polycall.Options
import Polycall.Runtime (Seconds)
import Polycall.Server
import Polycall.Status

-- | The runtime's version, @0.1.0@.
version :: IO Text
version = Text.decodeUtf8 <$> (c_version >>= ByteString.packCString)
