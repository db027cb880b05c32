{-# LANGUAGE OverloadedStrings #-}

-- | The work of the benchmarks (../../echo.proto) in Haskell.
module Echo (service, request) where

import Control.Monad (replicateM_)
import qualified Data.ByteString as ByteString
import Polycall
import Proto.Echo

-- | Answers with copies.
service :: Service
service = serveEchoService echoServiceHandlers
  { echoServiceEchoHandler = \_ message -> return (copy message)
  , echoServiceStreamHandler = \_ message responses ->
      replicateM_ (fromIntegral (echoMessageCount message)) (respond responses (copy message))
  , echoServiceChatHandler = \_ messages responses -> forRequests messages (respond responses . copy)
  }

copy :: EchoMessage -> EchoMessage
copy message = defaultMessage
  { echoMessagePayload = echoMessagePayload message
  , echoMessageSequence = echoMessageSequence message
  , echoMessageSentAt = echoMessageSentAt message
  , echoMessageTag = echoMessageTag message
  , echoMessageCount = echoMessageCount message
  }

-- | The message that every peer sends, with a payload of a size.
request :: Int -> EchoMessage
request size = defaultMessage
  { echoMessagePayload = ByteString.replicate size 120
  , echoMessageSequence = 7
  , echoMessageSentAt = 300
  , echoMessageTag = 70000
  , echoMessageCount = 20000
  }
