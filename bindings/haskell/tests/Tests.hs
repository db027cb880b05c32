{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | The binding's own tests: sentences, each with an action that throws if it does not hold.
module Main (main) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Char8 as Char8
import Data.IORef
import qualified Data.Text as Text
import Expect
import Identities (identityTests)
import Passing (passingTests)
import Polycall
import qualified Polycall.Vector as Vector
import Proto.Calc
import System.Directory (getTemporaryDirectory)
import System.Environment (getArgs)
import System.Exit (exitFailure)
import System.IO (BufferMode (LineBuffering), hSetBuffering, stdout)
import System.Mem (performGC)
import System.Posix.Process (getProcessID)
import System.Timeout (timeout)

handlers :: MVar () -> CalcHandlers
handlers cancelled = calcHandlers
  { calcAddHandler = \call request -> do
      metadata <- requestMetadata call
      forM_ (lookupMetadata "x-echo" metadata) $ \value -> do
        sendInitialMetadata call [("x-initial", value)]
        setTrailingMetadata call [("x-trailing-bin", "\x00\xff")]
      case addRequestA request of
        -1 -> throwIO (status NotFound "no such sum") { statusDetails = "\x08\x05" }
        -2 -> throwIO (userError "broken")
        -3 -> evaluate (error "a pure error")
        -4 -> do
          onCancel call (void (tryPutMVar cancelled ()))
          left <- newEmptyMVar
          onCancel call (putMVar left () >> void (tryPutMVar cancelled ()))
          takeMVar left
          return defaultMessage
        -5 -> do
          left <- timeLeft call
          return defaultMessage { addReplyValue = maybe (-1) (ceiling . (* 1000)) left }
        -6 -> return defaultMessage
          { addReplyValue = fromInteger (overflow (toInteger (addRequestB request))) }
        _ -> return defaultMessage { addReplyValue = addRequestA request + addRequestB request }
  , calcCountHandler = \_ request replies -> forM_ [0 .. addRequestA request - 1] $ \i ->
      respond replies defaultMessage { addReplyValue = i }
  , calcSumHandler = \_ requests -> do
      let go total = nextRequest requests >>= maybe (return total) (go . (+ total) . addRequestA)
      total <- go 0
      return defaultMessage { addReplyValue = total }
  , calcChatHandler = \_ requests replies -> forRequests requests $ \request ->
      respond replies defaultMessage { addReplyValue = addRequestA request }
  }

-- So deep that the stack overflows long before it ends.
overflow :: Integer -> Integer
overflow n = if n > 1000000000000 then 0 else n + overflow (n + 1)

ask :: CallOptions
ask = defaultCallOptions { callTimeout = Just 20 }

asking :: Int -> AddRequest
asking n = defaultMessage { addRequestA = fromIntegral n, addRequestB = 1 }

type Test = (String, Channel -> CalcClient -> MVar () -> IO ())

tests :: [Test]
tests =
  [ ("a unary call is answered", \_ calc _ -> do
      reply <- calcAddOrThrow calc ask (asking 41)
      check "41 + 1" (addReplyValue reply == 42))
  , ("a status that a handler throws comes back with its details", \_ calc _ -> do
      found <- calcAdd calc ask (asking (-1)) >>= expectStatus NotFound
      check "message and details" (found == Status NotFound "no such sum" "\x08\x05"))
  , ("the throwing variant throws that status", \_ calc _ -> do
      outcome <- try (calcAddOrThrow calc ask (asking (-1)))
      void (expectStatus NotFound outcome))
  , ("another exception of a handler is UNKNOWN with its text", \_ calc _ -> do
      found <- calcAdd calc ask (asking (-2)) >>= expectStatus Unknown
      check "the text" ("broken" `Text.isInfixOf` statusMessage found))
  , ("a pure error that a handler returns is UNKNOWN", \_ calc _ -> do
      found <- calcAdd calc ask (asking (-3)) >>= expectStatus Unknown
      check "the text" ("a pure error" `Text.isInfixOf` statusMessage found))
  , ("a handler whose stack overflows ends its call, not the process", \_ calc _ ->
      void (calcAdd calc ask (asking (-6)) >>= expectStatus ResourceExhausted))
  , ("metadata travels both ways", \_ calc _ -> do
      reply <- unaryWithMetadata (calcAddMethod calc) ask { callMetadata = [("x-echo", "yes")] } (asking 1)
      check "initial" (lookupMetadata "x-initial" (replyInitialMetadata reply) == Just "yes")
      check "trailing" (lookupMetadata "x-trailing-bin" (replyTrailingMetadata reply) == Just "\x00\xff"))
  , ("metadata that is none is refused", \_ calc _ -> do
      outcome <- try (calcAdd calc ask { callMetadata = [("no blanks", "x")] } (asking 1))
      void (expectStatus InvalidArgument (join outcome)))
  , ("a deadline reaches the handler", \_ calc _ -> do
      reply <- calcAddOrThrow calc ask { callTimeout = Just 15 } (asking (-5))
      check "at most 15 s" (addReplyValue reply > 0 && addReplyValue reply <= 15000))
  , ("a deadline that passes ends the call", \_ calc cancelled -> do
      _ <- tryTakeMVar cancelled
      _ <- calcAdd calc ask { callTimeout = Just 0.05 } (asking (-4)) >>= expectStatus DeadlineExceeded
      done <- timeout 10000000 (takeMVar cancelled)
      check "the handler hears of it" (done == Just ()))
  , ("an asynchronous exception cancels a blocking call", \_ calc cancelled -> do
      _ <- tryTakeMVar cancelled
      outcome <- timeout 100000 (calcAdd calc ask (asking (-4)))
      check "the timeout ended it" (outcome == Nothing)
      done <- timeout 10000000 (takeMVar cancelled)
      check "the handler hears of it" (done == Just ()))
  , ("a future can be awaited and cancelled", \_ calc _ -> do
      future <- unaryAsync (calcAddMethod calc) ask (asking 1)
      reply <- awaitOrThrow future
      check "1 + 1" (addReplyValue reply == 2)
      waiting <- unaryAsync (calcAddMethod calc) ask (asking (-4))
      cancelFuture waiting
      void (await waiting >>= expectStatus Cancelled))
  , ("a future that nobody keeps ends well", \_ calc _ -> do
      replicateM_ 50 (void (unaryAsync (calcAddMethod calc) ask (asking 1)))
      performGC
      void (calcAddOrThrow calc ask (asking 1)))
  , ("responses stream down", \_ calc _ -> do
      values <- calcCountOrThrow calc ask (asking 100) collect
      check "100 of them" (map addReplyValue values == [0 .. 99]))
  , ("a stream that is left early is cancelled", \_ calc _ -> do
      first <- calcCountOrThrow calc ask (asking 1000000) receive
      check "the first" (fmap addReplyValue first == Just 0))
  , ("requests stream up", \_ calc _ -> do
      total <- calcSum calc ask (\stream -> mapM_ (send stream . asking) [1 .. 100])
      check "their sum" (fmap addReplyValue total == Right 5050))
  , ("messages stream both ways", \_ calc _ -> do
      seen <- calcChat calc ask $ \stream -> forM [1 .. 10] $ \i -> do
        send stream (asking i)
        fmap addReplyValue <$> receive stream
      check "each in turn" (seen == Right (map Just [1 .. 10])))
  , ("a sender is told when the call has ended", \_ calc _ -> do
      outcome <- calcChat calc ask $ \stream -> do
        cancel stream
        forever (send stream (asking 1))
      void (expectStatus Cancelled (outcome :: Either Status ())))
  , ("a channel tells its transport and explains itself", \channel calc _ -> do
      _ <- calcAddOrThrow calc ask (asking 1)
      name <- transport channel
      check "a transport" (name `elem` map Just ["shm", "unix", "inproc"])
      text <- explain channel
      check "a JSON object" ("{" `Char8.isPrefixOf` text))
  , ("a channel becomes ready and answers a ping", \channel _ _ -> do
      ready <- waitReady channel 10
      check "ready" (ready == Right ())
      pong <- ping channel 10
      check "a pong" (either (const False) (>= 0) pong))
  , ("eight threads call at once", \_ calc _ -> do
      ends <- forM [1 .. 8 :: Int] $ \_ -> do
        end <- newEmptyMVar
        _ <- forkFinally (replicateM_ 500 (calcAddOrThrow calc ask (asking 1))) (putMVar end)
        return end
      forM_ ends (takeMVar >=> either throwIO return))
  ]

withoutServer :: [(String, IO ())]
withoutServer =
  [ ("a target that does not parse is refused", do
      outcome <- try (withChannel "no such:thing" defaultChannelOptions (const (return ())))
      void (expectStatus InvalidArgument outcome))
  , ("a peer that is not there is UNAVAILABLE", withChannel "unix:/tmp/polycall-nobody" defaultChannelOptions
      { channelMaxAttempts = Just 1 } $ \channel -> do
        calc <- newCalcClient channel
        void (calcAdd calc ask (asking 1) >>= expectStatus Unavailable))
  , ("a call that waits for ready is served when the server comes", do
      folder <- getTemporaryDirectory
      process <- getProcessID
      let target = Text.pack ("unix:" ++ folder ++ "/polycall-haskell-late-" ++ show process)
      cancelled <- newEmptyMVar
      withChannel target defaultChannelOptions $ \channel -> do
        calc <- newCalcClient channel
        future <- unaryAsync (calcAddMethod calc) ask { callTimeout = Just 30, callWaitForReady = True } (asking 1)
        withServer defaultServerOptions $ \server -> do
          addService server (serveCalc (handlers cancelled))
          _ <- listen server target
          start server
          reply <- awaitOrThrow future
          check "1 + 1" (addReplyValue reply == 2))
  , ("a lent thread serves what the server has no threads for", do
      cancelled <- newEmptyMVar
      withServer defaultServerOptions { serverDonatedOnly = True } $ \server -> do
        addService server (serveCalc (handlers cancelled))
        target <- listen server "tcp://127.0.0.1:0"
        start server
        early <- runWorker server (Just 0.001)
        check "nothing has shut the server down" (not early)
        ended <- newEmptyMVar
        _ <- forkIO (runWorker server Nothing >>= putMVar ended)
        withChannel target defaultChannelOptions $ \channel -> do
          calc <- newCalcClient channel
          reply <- calcAddOrThrow calc ask (asking 1)
          check "1 + 1" (addReplyValue reply == 2)
        shutdown server 1
        done <- timeout 30000000 (takeMVar ended)
        check "it was told of the shutdown" (done == Just True))
  , ("a service is added once", withServer defaultServerOptions $ \server -> do
      addService server (serveCalc calcHandlers)
      outcome <- try (addService server (serveCalc calcHandlers))
      void (expectStatus AlreadyExists outcome))
  , ("a handler that is not defined is UNIMPLEMENTED", withServer defaultServerOptions $ \server -> do
      addService server (serveCalc calcHandlers)
      target <- listen server "inproc:haskell-unimplemented"
      start server
      withChannel target defaultChannelOptions $ \channel -> do
        calc <- newCalcClient channel
        void (calcAdd calc ask (asking 1) >>= expectStatus Unimplemented))
  , ("forked handlers wait in thousands", withServer defaultServerOptions $ \server -> do
      gate <- newEmptyMVar
      addService server (forked (serveCalc calcHandlers
        { calcAddHandler = \_ _ -> readMVar gate >> return defaultMessage }))
      target <- listen server "inproc:haskell-forked"
      start server
      withChannel target defaultChannelOptions $ \channel -> do
        calc <- newCalcClient channel
        futures <- replicateM 2000 (unaryAsync (calcAddMethod calc) ask (asking 1))
        putMVar gate ()
        mapM_ awaitOrThrow futures)
  , ("interceptors see calls, add metadata and change statuses", do
      seen <- newIORef []
      let note text = atomicModifyIORef' seen (\before -> (text : before, ()))
          ofClient call _ = do
            note ("client " ++ Char8.unpack (interceptedMethod call))
            return observe { observerAdds = [("x-echo", "added")] }
          ofServer _ metadata = do
            note ("server " ++ show (lookupMetadata "x-echo" metadata))
            return observe { observerFinished = \ended -> return
              (if statusCode ended == NotFound then status Aborted "changed" else ended) }
      cancelled <- newEmptyMVar
      withServer defaultServerOptions { serverInterceptors = [ofServer] } $ \server -> do
        addService server (serveCalc (handlers cancelled))
        target <- listen server "inproc:haskell-interceptors"
        start server
        withChannel target defaultChannelOptions { channelInterceptors = [ofClient] } $ \channel -> do
          calc <- newCalcClient channel
          found <- calcAdd calc ask (asking (-1)) >>= expectStatus Aborted
          check "the changed text" (statusMessage found == "changed")
      order <- reverse <$> readIORef seen
      check (show order) (order == ["client Add", "server Just \"added\""]))
  , ("a shutdown ends the wait", withServer defaultServerOptions $ \server -> do
      start server
      ended <- newEmptyMVar
      _ <- forkIO (wait server >> putMVar ended ())
      shutdown server 1
      done <- timeout 10000000 (takeMVar ended)
      check "it ended" (done == Just ()))
  , ("a message that is cut off is refused with its name and place", do
      let bytes = encode (asking 300)
      case decode (ByteString.take 2 bytes) :: Either DecodeError AddRequest of
        Left problem -> check (show problem) ("cannot read calc.v1.AddRequest: byte 1" `Text.isPrefixOf`
          Text.pack (show problem))
        Right _ -> throwIO (userError "it was read"))
  , ("vectors are what lists say", do
      let vector = Vector.fromList [3, 1, 2] :: Vector.Vector Double
      check "elements" (Vector.toList vector == [3, 1, 2])
      check "sum" (Vector.sum vector == 6)
      check "outside" (Vector.index vector 3 == Nothing && Vector.index vector (-1) == Nothing)
      check "append" (vector <> Vector.singleton 4 == Vector.fromList [3, 1, 2, 4]))
  ]

main :: IO ()
main = do
  hSetBuffering stdout LineBuffering
  arguments <- getArgs
  failures <- newIORef (0 :: Int)
  let run name action = do
        outcome <- try (timeout 60000000 action)
        case outcome of
          Right (Just ()) -> putStrLn ("ok    " ++ name)
          Right Nothing -> bad name "it took more than 60 s"
          Left (problem :: SomeException) -> bad name (displayException problem)
      bad name why = do
        putStrLn ("FAILED " ++ name ++ ": " ++ why)
        modifyIORef' failures (+ 1)
  folder <- getTemporaryDirectory
  process <- getProcessID
  let socket = Text.pack ("unix:" ++ folder ++ "/polycall-haskell-" ++ show process)
  case arguments of
    ["load", count] -> run "memory stays flat under calls of eight threads" (load socket (read count))
    _ -> do
      forM_ (withoutServer ++ identityTests socket ++ passingTests socket) (uncurry run)
      forM_ [socket, "inproc:haskell-tests"] $ \target -> do
        cancelled <- newEmptyMVar
        withServer defaultServerOptions $ \server -> do
          addService server (serveCalc (handlers cancelled))
          address <- listen server target
          start server
          forM_ tests $ \(name, test) -> run (name ++ " (" ++ Text.unpack target ++ ")") $
            withChannel address defaultChannelOptions $ \channel -> do
              calc <- newCalcClient channel
              test channel calc cancelled
  found <- readIORef failures
  when (found > 0) exitFailure

-- Eight threads call as often in all; what the process holds afterwards is what it held after the
-- first tenth.
load :: Text.Text -> Int -> IO ()
load target count = do
  cancelled <- newEmptyMVar
  withServer defaultServerOptions $ \server -> do
    addService server (serveCalc (handlers cancelled))
    address <- listen server target
    start server
    withChannel address defaultChannelOptions $ \channel -> do
      calc <- newCalcClient channel
      calls calc (count `div` 10)
      before <- resident
      calls calc count
      after <- resident
      check ("grown from " ++ show before ++ " to " ++ show after ++ " KiB") (after - before < 16384)
  where
    calls calc total = do
      ends <- forM [1 .. 8 :: Int] $ \_ -> do
        end <- newEmptyMVar
        _ <- forkFinally (replicateM_ (total `div` 8) (calcAddOrThrow calc ask (asking 1))) (putMVar end)
        return end
      forM_ ends (takeMVar >=> either throwIO return)
    resident = do
      performGC
      text <- readFile "/proc/self/statm"
      return (read (words text !! 1) * 4 :: Int)
