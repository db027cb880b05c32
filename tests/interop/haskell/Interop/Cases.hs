{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | The cases, in the order and with the names of ../runner/cases.py.
module Interop.Cases (cases) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.ByteString as ByteString
import Data.Int (Int32)
import qualified Data.Map.Strict as Map
import Data.Text (Text)
import GHC.Clock (getMonotonicTime)
import Interop.Context
import Interop.Settings (channelSettings)
import Polycall
import Proto.Empty
import Proto.Messages
import Proto.PolycallTest
import Proto.Test
import System.Exit (ExitCode (ExitFailure))
import System.Posix.Process (exitImmediately)

cases :: [Case]
cases =
  [ ("empty_unary", callEmpty)
  , ("large_unary", callLargeUnary . test)
  , ("client_streaming", clientStreamingCase)
  , ("server_streaming", serverStreamingCase)
  , ("ping_pong", pingPong)
  , ("empty_stream", emptyStream)
  , ("custom_metadata", customMetadata)
  , ("status_code_and_message", statusCodeAndMessage)
  , ("special_status_message", \context -> unaryEchoesStatus context
      "\t\ntest with whitespace\r\nand Unicode BMP \x263a and non-BMP \x1f608\t\n")
  , ("unimplemented_method", \context -> do
      _ <- expectCode Unimplemented (testServiceUnimplementedCallOrThrow (test context) options
        (defaultMessage :: Empty))
      callEmpty context)
  , ("unimplemented_service", \context -> do
      client <- newUnimplementedServiceClient (channel context)
      void (expectCode Unimplemented (unimplementedServiceUnimplementedCallOrThrow client options
        (defaultMessage :: Empty))))
  , ("cancel_after_begin", cancelAfterBegin)
  , ("cancel_after_first_response", cancelAfterFirstResponse)
  , ("timeout_on_sleeping_server", timeoutOnSleepingServer)
  , ("rpc_soak", \context -> replicateM_ 200 (callLargeUnary (test context)))
  , ("channel_soak", \context -> replicateM_ 50 $
      channelSettings >>= \settings ->
        withChannel (target context) settings (newTestServiceClient >=> callLargeUnary))
  , ("deadline_propagation", deadlinePropagation)
  , ("cancel_propagation", cancelPropagation)
  , ("concurrent_calls", concurrentCalls)
  , ("slow_reader_backpressure", slowReaderBackpressure)
  , ("handler_throws", \context -> replicateM_ 3 $ do
      _ <- expectCode Unknown (polyCallTestServiceThrowOrThrow (own context) options defaultMessage)
      callEmpty context)
  , ("message_too_large", messageTooLarge)
  , ("unknown_fields_kept", unknownFieldsKept)
  , ("client_dies_midstream.die", \context -> withHold context "client_dies" $ \_ ->
      exitImmediately (ExitFailure died))
  , ("client_dies_midstream.check", \context ->
      waitForCounter context (newKey context "client_dies") countersCancelled 1)
  , ("server_dies_midcall", serverDiesMidcall)
  , ("graceful_shutdown_loses_nothing", gracefulShutdown)
  ]

requestSizes :: [Int]
requestSizes = [27182, 8, 1828, 45904]

responseSizes :: [Int32]
responseSizes = [31415, 9, 2653, 58979]

parameters :: Int32 -> ResponseParameters
parameters size = defaultMessage { responseParametersSize = size }

output :: [Int32] -> Int -> StreamingOutputCallRequest
output sizes size = defaultMessage
  { streamingOutputCallRequestResponseParameters = map parameters sizes
  , streamingOutputCallRequestPayload = Just (newPayload size)
  }

bodySize :: StreamingOutputCallResponse -> Int32
bodySize = maybe 0 (fromIntegral . ByteString.length . payloadBody) . streamingOutputCallResponsePayload

clientStreamingCase :: Context -> IO ()
clientStreamingCase context = do
  response <- testServiceStreamingInputCallOrThrow (test context) options $ \stream ->
    forM_ requestSizes $ \size ->
      send stream defaultMessage { streamingInputCallRequestPayload = Just (newPayload size) }
  expectEqual 74922 (streamingInputCallResponseAggregatedPayloadSize response)
    "aggregated_payload_size"

serverStreamingCase :: Context -> IO ()
serverStreamingCase context = do
  responses <- testServiceStreamingOutputCallOrThrow (test context) options
    defaultMessage { streamingOutputCallRequestResponseParameters = map parameters responseSizes }
    collect
  expectEqual responseSizes (map bodySize responses) "the bodies"

pingPong :: Context -> IO ()
pingPong context = testServiceFullDuplexCallOrThrow (test context) options $ \stream -> do
  forM_ (zip requestSizes responseSizes) $ \(size, wanted) -> do
    send stream (output [wanted] size)
    response <- receive stream
    expectEqual (Just wanted) (bodySize <$> response) "the body"
  halfClose stream
  rest <- collect stream
  expectEqual [] rest "the responses after half-close"

emptyStream :: Context -> IO ()
emptyStream context = testServiceFullDuplexCallOrThrow (test context) options $ \stream -> do
  halfClose stream
  rest <- collect stream
  expectEqual [] rest "the responses"

customMetadata :: Context -> IO ()
customMetadata context = do
  reply <- unaryWithMetadata (testServiceUnaryCallMethod (test context)) withBoth defaultMessage
    { simpleRequestResponseSize = 314159, simpleRequestPayload = Just (newPayload 271828) }
  either throwIO (const (return ())) (replyOutcome reply)
  check (replyInitialMetadata reply) (replyTrailingMetadata reply)
  testServiceFullDuplexCallOrThrow (test context) withBoth $ \stream -> do
    send stream (output [314159] 271828)
    halfClose stream
    initial <- initialMetadata stream
    first <- receive stream
    expect (first /= Nothing) "a response"
    second <- receive stream
    expect (second == Nothing) "one response, not more"
    trailing <- trailingMetadata stream
    check initial trailing
  where
    initialEntry = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
    trailingEntry = ("x-grpc-test-echo-trailing-bin", "\xab\xab\xab")
    withBoth = options { callMetadata = [initialEntry, trailingEntry] }
    check initial trailing = do
      expectEqual (Just (snd initialEntry)) (lookupMetadata (fst initialEntry) initial)
        "the initial metadata"
      expectEqual (Just (snd trailingEntry)) (lookupMetadata (fst trailingEntry) trailing)
        "the trailing metadata"

echo :: Text -> EchoStatus
echo message = defaultMessage { echoStatusCode = 2, echoStatusMessage = message }

unaryEchoesStatus :: Context -> Text -> IO ()
unaryEchoesStatus context message = expectCodeWith Unknown message $
  testServiceUnaryCallOrThrow (test context) options
    defaultMessage { simpleRequestResponseStatus = Just (echo message) }

statusCodeAndMessage :: Context -> IO ()
statusCodeAndMessage context = do
  unaryEchoesStatus context message
  expectCodeWith Unknown message $
    testServiceFullDuplexCallOrThrow (test context) options $ \stream -> do
      send stream defaultMessage { streamingOutputCallRequestResponseStatus = Just (echo message) }
      halfClose stream
      collect stream
  where
    message = "test status message"

cancelAfterBegin :: Context -> IO ()
cancelAfterBegin context = do
  _ <- expectCode Cancelled (testServiceStreamingInputCallOrThrow (test context) options cancel)
  callEmpty context

cancelAfterFirstResponse :: Context -> IO ()
cancelAfterFirstResponse context = do
  _ <- expectCode Cancelled $ testServiceFullDuplexCallOrThrow (test context) options $ \stream -> do
    send stream (output [31415] 27182)
    first <- receive stream
    expect (first /= Nothing) "a response"
    cancel stream
    collect stream
  callEmpty context

timeoutOnSleepingServer :: Context -> IO ()
timeoutOnSleepingServer context = do
  _ <- expectCode DeadlineExceeded $
    testServiceFullDuplexCallOrThrow (test context) options { callTimeout = Just 0.001 } $ \stream -> do
      send stream defaultMessage { streamingOutputCallRequestPayload = Just (newPayload 27182) }
      collect stream
  callEmpty context

oneHop :: Context -> Text -> HopRequest
oneHop context key = defaultMessage
  { hopRequestKey = key, hopRequestHops = 1, hopRequestTarget = target context }

deadlinePropagation :: Context -> IO ()
deadlinePropagation context = do
  let request = oneHop context (newKey context "time_left")
  left <- polyCallTestServiceGetTimeLeftOrThrow (own context) options { callTimeout = Just 30 } request
  expect (timeLeftHasDeadline left) "a deadline at the second server"
  expect (timeLeftTimeLeftUs left > 0) "time left at the second server"
  -- gRPC rounds up what is left of the 30 s.
  expect (timeLeftTimeLeftUs left <= 31000000) "no more time left than the call began with"
  none <- polyCallTestServiceGetTimeLeftOrThrow (own context) options request
  expect (not (timeLeftHasDeadline none)) "no deadline at the second server"
  let key = newKey context "deadline_propagation"
  _ <- expectCode DeadlineExceeded $
    polyCallTestServiceWaitForCancelOrThrow (own context) options { callTimeout = Just 0.3 }
      (oneHop context key)
  waitForCounter context key countersCancelled 1

-- The exception that ends the thread cancels its blocking call.
cancelPropagation :: Context -> IO ()
cancelPropagation context = do
  ended <- newEmptyMVar
  let key = newKey context "cancel_propagation"
  caller <- forkIO $ do
    outcome <- try (polyCallTestServiceWaitForCancel (own context) options (oneHop context key))
    putMVar ended outcome
  waitForCounter context key countersStarted 1
  killThread caller
  outcome <- takeMVar ended
  case outcome of
    Left ThreadKilled -> return ()
    Left other -> throwIO (CaseFailed ("expected ThreadKilled, found " ++ show other))
    Right found -> throwIO (CaseFailed ("expected ThreadKilled, found " ++ show found))
  waitForCounter context key countersCancelled 1

concurrentCalls :: Context -> IO ()
concurrentCalls context = do
  futures <- forM [0 .. count - 1] $ \number ->
    unaryAsync (polyCallTestServiceGatherMethod (own context)) options { callTimeout = Just 30 }
      defaultMessage
        { gatherRequestKey = key, gatherRequestCount = count, gatherRequestNumber = number }
  numbers <- mapM (fmap gatherReplyNumber . awaitOrThrow) futures
  expectEqual [0 .. count - 1] numbers "the answers"
  threads <- forM [1 .. 16 :: Int] $ \_ -> do
    done <- newEmptyMVar
    _ <- forkFinally
      (replicateM_ 25 (callEmpty context >> callLargeUnary (test context))) (putMVar done)
    return done
  forM_ threads (takeMVar >=> either throwIO return)
  where
    count = 1000
    key = newKey context "concurrent_calls"

slowReaderBackpressure :: Context -> IO ()
slowReaderBackpressure context = do
  before <- resident
  count <- polyCallTestServiceFloodOrThrow (own context) options request $ \stream -> do
    sent <- waitUntilStopped
    stopped <- resident
    expect (sent * size <= 1048576) ("at most 1 MiB unread, found " ++ show sent ++ " messages of 16 KiB")
    expect (stopped - before < 16777216) "the stopped server to have grown by less than 16 MiB"
    let read_ number = receive stream >>= \message -> case message of
          Nothing -> return number
          Just found -> do
            expectEqual number (floodMessageNumber found) "the message's number"
            expectEqual (fromIntegral size) (ByteString.length (floodMessageBody found)) "the body"
            read_ (number + 1)
    read_ 0
  expectEqual total count "the count of messages"
  after <- resident
  expect (after - before < 33554432) "the server to have grown by less than 32 MiB"
  where
    total = 4096
    size = 16384
    key = newKey context "flood"
    request = defaultMessage
      { floodRequestKey = key, floodRequestCount = total, floodRequestSize = fromIntegral size }
    resident = memoryResidentBytes <$>
      polyCallTestServiceGetMemoryOrThrow (own context) options defaultMessage
    -- Until the server has not been able to send for half a second, at most 20 s.
    waitUntilStopped = go (400 :: Int) (-1) (0 :: Int)
    go 0 last_ _ = throwIO (CaseFailed ("the server still sends after 20 s: " ++ show last_))
    go left last_ same = do
      sent <- countersSent <$> getCounters context key
      let still = if sent == last_ && last_ > 0 then same + 1 else 0
      if still == 10 then return sent else threadDelay 50000 >> go (left - 1) sent still

messageTooLarge :: Context -> IO ()
messageTooLarge context = forM_ [(17825792, 1), (1, 17825792)] $ \(requestSize, responseSize) -> do
  _ <- expectCode ResourceExhausted (testServiceUnaryCallOrThrow (test context) options defaultMessage
    { simpleRequestResponseSize = responseSize
    , simpleRequestPayload = Just (newPayload requestSize)
    })
  callEmpty context

unknownFieldsKept :: Context -> IO ()
unknownFieldsKept context = do
  narrow <- either throwIO return (decode (encode wide)) :: IO Narrow
  reply <- polyCallTestServiceEchoNarrowOrThrow (own context) options narrow
  again <- either throwIO return (decode (encode reply))
  expectEqual wide again "EchoNarrow"
  where
    wide = defaultMessage
      { wideName = "known"
      , wideNumber = -7
      , wideBody = "\x00\x01\xff"
      , wideWords = ["one", ""]
      , wideNested = Just defaultMessage { narrowName = "inner" }
      , wideFourBytes = 4000000000
      , wideEightBytes = 0x8000000000000001
      , wideCounts = Map.fromList [("key", 3)]
      }

-- A Hold stream with one message gone to and fro: the handler is surely running.
withHold :: Context -> Text -> (BidiStream HoldMessage HoldMessage -> IO a) -> IO a
withHold context name use = polyCallTestServiceHoldOrThrow (own context) options $ \stream -> do
  send stream defaultMessage { holdMessageKey = newKey context name }
  answer <- receive stream
  expect (answer /= Nothing) "an answer"
  use stream

serverDiesMidcall :: Context -> IO ()
serverDiesMidcall context = do
  _ <- expectCode Unavailable $ withHold context "server_dies" $ \stream -> do
    _ <- expectCode Unavailable (polyCallTestServiceKillOrThrow (own context) options defaultMessage)
    collect stream
  void (expectCode Unavailable (testServiceEmptyCallOrThrow (test context) options
    (defaultMessage :: Empty)))

gracefulShutdown :: Context -> IO ()
gracefulShutdown context = withHold context "graceful_shutdown" $ \stream -> do
  let key = newKey context "graceful_shutdown_sleep"
      request = defaultMessage { sleepRequestKey = key, sleepRequestMilliseconds = 500 }
  futures <- replicateM 20 $
    unaryAsync (polyCallTestServiceSleepMethod (own context)) options { callTimeout = Just 30 } request
  waitForCounter context key countersStarted 20
  _ <- polyCallTestServiceShutdownOrThrow (own context) options
    defaultMessage { shutdownRequestGraceMs = 15000 }
  mapM_ awaitOrThrow futures
  send stream defaultMessage { holdMessageNumber = 2 }
  answer <- receive stream
  expectEqual (Just 2) (holdMessageNumber <$> answer) "the answer's number"
  halfClose stream
  rest <- collect stream
  expectEqual [] rest "the rest of the stream"
  start_ <- getMonotonicTime
  let noNewCalls = do
        outcome <- testServiceEmptyCall (test context) options (defaultMessage :: Empty)
        now <- getMonotonicTime
        case outcome of
          Left found -> expectEqual Unavailable (statusCode found) "EmptyCall"
          Right _
            | now - start_ > 10 ->
                throwIO (CaseFailed "the server still takes calls 10 s after its shutdown began")
            | otherwise -> threadDelay 20000 >> noNewCalls
  noNewCalls
