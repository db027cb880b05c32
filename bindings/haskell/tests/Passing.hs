{-# LANGUAGE OverloadedStrings #-}

-- | Tests of values that are passed as they are, to an end in the same process.
module Passing (passingTests) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Internal as ByteString (fromForeignPtr, toForeignPtr)
import Data.IORef
import Data.Text (Text)
import Data.Word (Word8)
import Expect
import qualified Foreign.Concurrent as Concurrent
import Foreign.ForeignPtr (mallocForeignPtrBytes, withForeignPtr)
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Ptr (Ptr, plusPtr)
import Polycall
import Proto.Calc
import System.Mem (performMajorGC)
import System.Timeout (timeout)

-- Answers with the request's own note; a request for a is answered when its call is cancelled.
echoes :: MVar () -> CalcHandlers
echoes entered = calcHandlers
  { calcAddHandler = \call request -> do
      when (addRequestA request == 1) $ do
        gone <- newEmptyMVar
        onCancel call (putMVar gone ())
        putMVar entered ()
        takeMVar gone
      return (reply request)
  , calcCountHandler = \_ request replies ->
      replicateM_ (fromIntegral (addRequestA request)) (respond replies (reply request))
  , calcSumHandler = \_ requests -> maybe defaultMessage reply <$> nextRequest requests
  , calcChatHandler = \_ requests replies -> forRequests requests (respond replies . reply)
  }
  where
    reply request = defaultMessage { addReplyNote = addRequestNote request }

withCalc :: (Service -> Service) -> ServerOptions -> ChannelOptions -> Text
  -> (CalcClient -> MVar () -> IO a) -> IO a
withCalc how serverOptions channelOptions target use = withServer serverOptions $ \server -> do
  entered <- newEmptyMVar
  addService server (how (serveCalc (echoes entered)))
  address <- listen server target
  start server
  withChannel address channelOptions $ \channel -> newCalcClient channel >>= \calc -> use calc entered

-- The usual one, in this process.
withEchoes :: (CalcClient -> MVar () -> IO a) -> IO a
withEchoes = withCalc id defaultServerOptions defaultChannelOptions "inproc:haskell-passing"

ask :: CallOptions
ask = defaultCallOptions { callTimeout = Just 20 }

note :: AddRequest
note = defaultMessage { addRequestNote = ByteString.replicate 100 120 }

-- Where bytes are: copies are elsewhere.
place :: ByteString -> Ptr Word8
place bytes = case ByteString.toForeignPtr bytes of
  (memory, offset, _) -> unsafeForeignPtrToPtr memory `plusPtr` offset

same :: AddRequest -> AddReply -> Bool
same request reply = place (addRequestNote request) == place (addReplyNote reply)

-- A note that tells when nobody holds it any more.
watched :: MVar () -> IO ByteString
watched gone = do
  memory <- mallocForeignPtrBytes 8
  withForeignPtr memory $ \at -> do
    outer <- Concurrent.newForeignPtr at (withForeignPtr memory (const (putMVar gone ())))
    return (ByteString.fromForeignPtr outer 0 8)

-- Collects garbage until that has happened.
isFreed :: MVar () -> IO Bool
isFreed gone = maybe False (const True) <$> timeout 30000000 wait_
  where
    wait_ = do
      performMajorGC
      there <- timeout 10000 (takeMVar gone)
      maybe wait_ return there

passingTests :: Text -> [(String, IO ())]
passingTests socket =
  [ ("a handler in this process gets the request itself, and its caller the response", withEchoes $ \calc _ ->
      forM_ [1 .. 3 :: Int] $ \_ -> do
        reply <- calcAddOrThrow calc ask note
        check "the same bytes in memory" (same note reply))
  , ("a forked handler gets the request itself too",
      withCalc forked defaultServerOptions defaultChannelOptions "inproc:haskell-passing-forked" $ \calc _ -> do
        reply <- calcAddOrThrow calc ask note
        check "the same bytes in memory" (same note reply))
  , ("messages of streams are passed as they are", withEchoes $ \calc _ -> do
      _ <- calcAddOrThrow calc ask note -- connects; a stream that has to wait for that is encoded
      replies <- calcCountOrThrow calc ask note { addRequestA = 3 } collect
      check "three that are one" (map (place . addReplyNote) replies == replicate 3 (place (addReplyNote (head replies))))
      summed <- calcSumOrThrow calc ask (`send` note)
      check "a client stream's" (same note summed)
      chatted <- calcChatOrThrow calc ask $ \stream -> do
        send stream note
        send stream note
        halfClose stream
        collect stream
      check "of both directions" (map (same note) chatted == [True, True]))
  , ("over a socket bytes travel, and the answer is the same", withCalc id defaultServerOptions
      defaultChannelOptions socket $ \calc _ -> do
        reply <- calcAddOrThrow calc ask note
        check "equal" (addReplyNote reply == addRequestNote note)
        check "elsewhere" (not (same note reply)))
  , ("an interceptor sees the bytes of a value that is passed", do
      seen <- newIORef []
      let watch _ _ = return observe
            { observerMessage = \sent bytes -> atomicModifyIORef' seen (\before -> ((sent, bytes) : before, ())) }
      withCalc id defaultServerOptions { serverInterceptors = [watch] }
        defaultChannelOptions { channelInterceptors = [watch] } "inproc:haskell-passing-watched" $ \calc _ -> do
          reply <- calcAddOrThrow calc ask note
          check "the answer" (addReplyNote reply == addRequestNote note)
      found <- reverse <$> readIORef seen
      check (show found) (length found == 4 && (True, encode note) `elem` found))
  , ("a value that was passed is given free when its call has ended", withEchoes $ \calc _ -> do
      gone <- newEmptyMVar
      do
        bytes <- watched gone
        reply <- calcAddOrThrow calc ask defaultMessage { addRequestNote = bytes }
        check "the note" (ByteString.length (addReplyNote reply) == 8)
      isFreed gone >>= check "freed")
  , ("a value that was passed is given free when its call is cancelled", withEchoes $ \calc entered -> do
      gone <- newEmptyMVar
      ended <- newEmptyMVar
      caller <- forkIO $ do
        bytes <- watched gone
        outcome <- try (calcAdd calc ask defaultMessage { addRequestA = 1, addRequestNote = bytes })
        putMVar ended (either (\problem -> const () (problem :: AsyncException)) (const ()) outcome)
      takeMVar entered
      killThread caller
      takeMVar ended
      isFreed gone >>= check "freed")
  , ("values that nobody takes from a stream are given free", withEchoes $ \calc _ -> do
      gone <- newEmptyMVar
      do
        bytes <- watched gone
        first <- calcCountOrThrow calc ask defaultMessage { addRequestA = 1000, addRequestNote = bytes } receive
        check "one came" (fmap (ByteString.length . addReplyNote) first == Just 8)
      isFreed gone >>= check "freed")
  ]
