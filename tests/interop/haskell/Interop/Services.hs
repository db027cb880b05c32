{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | grpc.testing.TestService with handlers on the runtime's threads, and
-- polycall.testing.PolyCallTestService with forked ones.
module Interop.Services (services) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.ByteString as ByteString
import Data.Int (Int32)
import Data.Map.Strict (Map)
import qualified Data.Map.Strict as Map
import Data.Text (Text)
import Interop.Context (died)
import Interop.Settings (channelSettings)
import Polycall
import Proto.Messages
import Proto.PolycallTest
import Proto.Test
import System.Exit (ExitCode (ExitFailure))
import System.Posix.Process (exitImmediately, getProcessID)

-- | Both services. The action begins a shutdown elsewhere and returns; it gets the grace.
services :: (Seconds -> IO ()) -> IO [Service]
services requestShutdown = do
  counters <- newMVar Map.empty
  gathered <- newMVar Map.empty
  return [serveTestService testHandlers, forked (servePolyCallTestService (own counters gathered))]
  where
    own counters gathered = ownHandlers counters gathered requestShutdown

echoMetadata :: ServerCall -> IO ()
echoMetadata call = do
  metadata <- requestMetadata call
  forM_ (lookupMetadata initialKey metadata) $ \value -> sendInitialMetadata call [(initialKey, value)]
  forM_ (lookupMetadata trailingKey metadata) $ \value ->
    setTrailingMetadata call [(trailingKey, value)]
  where
    initialKey = "x-grpc-test-echo-initial"
    trailingKey = "x-grpc-test-echo-trailing-bin"

echoStatus :: Maybe EchoStatus -> IO ()
echoStatus wanted = forM_ wanted $ \found -> unless (echoStatusCode found == 0) $
  throwStatus (statusCodeFromNumber (fromIntegral (echoStatusCode found))) (echoStatusMessage found)

newPayload :: Int32 -> IO Payload
newPayload size
  | size < 0 = throwStatus InvalidArgument "the size is negative"
  | otherwise = return defaultMessage { payloadBody = ByteString.replicate (fromIntegral size) 0 }

respondAsWanted :: Responses StreamingOutputCallResponse -> StreamingOutputCallRequest -> IO ()
respondAsWanted responses request =
  forM_ (streamingOutputCallRequestResponseParameters request) $ \wanted -> do
    when (responseParametersIntervalUs wanted > 0) $
      threadDelay (fromIntegral (responseParametersIntervalUs wanted))
    payload <- newPayload (responseParametersSize wanted)
    respond responses defaultMessage { streamingOutputCallResponsePayload = Just payload }

-- UnimplementedCall is not defined: that is its case.
testHandlers :: TestServiceHandlers
testHandlers = testServiceHandlers
  { testServiceEmptyCallHandler = \_ _ -> return defaultMessage
  , testServiceUnaryCallHandler = \call request -> do
      echoMetadata call
      echoStatus (simpleRequestResponseStatus request)
      payload <- newPayload (simpleRequestResponseSize request)
      return defaultMessage { simpleResponsePayload = Just payload }
  , testServiceStreamingOutputCallHandler = \call request responses -> do
      echoMetadata call
      echoStatus (streamingOutputCallRequestResponseStatus request)
      respondAsWanted responses request
  , testServiceStreamingInputCallHandler = \_ requests -> do
      let total !sum_ = nextRequest requests >>= \request -> case request of
            Nothing -> return sum_
            Just found -> total (sum_ + size (streamingInputCallRequestPayload found))
          size = maybe 0 (ByteString.length . payloadBody)
      aggregated <- total 0
      return defaultMessage
        { streamingInputCallResponseAggregatedPayloadSize = fromIntegral aggregated }
  , testServiceFullDuplexCallHandler = \call requests responses -> do
      echoMetadata call
      forRequests requests $ \request -> do
        echoStatus (streamingOutputCallRequestResponseStatus request)
        respondAsWanted responses request
  , testServiceHalfDuplexCallHandler = \_ requests responses -> do
      let everything sofar = nextRequest requests >>= maybe (return (reverse sofar)) (everything . (: sofar))
      everything [] >>= mapM_ (respondAsWanted responses)
  }

type Table = MVar (Map Text Counters)

count :: Table -> Text -> (Counters -> Counters) -> IO ()
count table key change = modifyMVar_ table $ \counters ->
  return $! Map.insert key (change (Map.findWithDefault defaultMessage key counters)) counters

started, finished, cancelled, sent, received :: Counters -> Counters
started x = x { countersStarted = countersStarted x + 1 }
finished x = x { countersFinished = countersFinished x + 1 }
cancelled x = x { countersCancelled = countersCancelled x + 1 }
sent x = x { countersSent = countersSent x + 1 }
received x = x { countersReceived = countersReceived x + 1 }

-- The client of the server that a call travels on to.
onward :: ServerCall -> HopRequest
       -> (PolyCallTestServiceClient -> CallOptions -> HopRequest -> IO a) -> IO a
onward call request use = channelSettings >>= \settings -> withChannel (hopRequestTarget request) settings $ \channel -> do
  client <- newPolyCallTestServiceClient channel
  use client defaultCallOptions { callParent = Just call }
    request { hopRequestHops = hopRequestHops request - 1 }

ownHandlers
  :: Table -> MVar (Map Text (Int, MVar ())) -> (Seconds -> IO ()) -> PolyCallTestServiceHandlers
ownHandlers table gathered requestShutdown = polyCallTestServiceHandlers
  { polyCallTestServiceGetCountersHandler = \_ request ->
      Map.findWithDefault defaultMessage (countersRequestKey request) <$> readMVar table
  , polyCallTestServiceGetMemoryHandler = \_ _ -> do
      text <- readFile "/proc/self/statm"
      process <- getProcessID
      return defaultMessage
        { memoryResidentBytes = read (words text !! 1) * 4096
        , memoryProcessId = fromIntegral process
        }
  , polyCallTestServiceGetTimeLeftHandler = \call request ->
      if hopRequestHops request > 0
        then onward call request polyCallTestServiceGetTimeLeftOrThrow
        else do
          left <- timeLeft call
          return defaultMessage
            { timeLeftHasDeadline = left /= Nothing
            , timeLeftTimeLeftUs = maybe 0 (round . (* 1e6)) left
            }
  , polyCallTestServiceWaitForCancelHandler = \call request ->
      if hopRequestHops request > 0
        then onward call request polyCallTestServiceWaitForCancelOrThrow
        else do
          let key = hopRequestKey request
          ended <- newEmptyMVar
          onCancel call (void (tryPutMVar ended ()))
          count table key started
          timer <- forkIO (threadDelay 20000000 >> void (tryPutMVar ended ()))
          takeMVar ended
          killThread timer
          gone <- isCancelled call
          when gone $ do
            count table key cancelled
            throwStatus Cancelled ""
          count table key finished
          return defaultMessage
  , polyCallTestServiceGatherHandler = \_ request -> do
      let key = gatherRequestKey request
          wanted = fromIntegral (gatherRequestCount request)
      count table key started
      gate <- modifyMVar gathered $ \gates -> do
        (before, gate) <- case Map.lookup key gates of
          Just found -> return found
          Nothing -> (,) 0 <$> newEmptyMVar
        if before + 1 == wanted
          then putMVar gate () >> return (Map.delete key gates, gate)
          else return (Map.insert key (before + 1, gate) gates, gate)
      readMVar gate
      return defaultMessage { gatherReplyNumber = gatherRequestNumber request }
  , polyCallTestServiceSleepHandler = \_ request -> do
      count table (sleepRequestKey request) started
      threadDelay (fromIntegral (sleepRequestMilliseconds request) * 1000)
      count table (sleepRequestKey request) finished
      return defaultMessage
  , polyCallTestServiceFloodHandler = \_ request responses -> do
      let key = floodRequestKey request
          body = ByteString.replicate (fromIntegral (floodRequestSize request)) 0
      count table key started
      forM_ [0 .. floodRequestCount request - 1] $ \number -> do
        respond responses defaultMessage { floodMessageNumber = number, floodMessageBody = body }
        count table key sent
      count table key finished
  , polyCallTestServiceHoldHandler = \call requests responses -> do
      key <- newMVar Nothing
      let end = do
            complete <- not <$> isCancelled call
            known <- readMVar key
            forM_ known $ \found -> count table found (if complete then finished else cancelled)
      (forRequests requests $ \message -> do
        known <- readMVar key
        when (known == Nothing) $ do
          _ <- swapMVar key (Just (holdMessageKey message))
          count table (holdMessageKey message) started
        found <- readMVar key
        forM_ found $ \present -> count table present received
        respond responses message) `finally` end
  , polyCallTestServiceThrowHandler = \_ _ -> throwIO (userError "this handler always fails")
  , polyCallTestServiceEchoNarrowHandler = \_ request -> return request
  , polyCallTestServiceKillHandler = \_ _ -> do
      _ <- exitImmediately (ExitFailure died)
      return defaultMessage
  , polyCallTestServiceShutdownHandler = \_ request -> do
      requestShutdown (fromIntegral (shutdownRequestGraceMs request) / 1000)
      return defaultMessage
  }
