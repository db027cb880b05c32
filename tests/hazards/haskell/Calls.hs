{-# LANGUAGE OverloadedStrings #-}

-- | Generated clients against generated servers, over a unix socket and in the process.
module Calls (callsTest) where

import Control.Exception (throwIO)
import Control.Monad
import qualified Data.Map.Strict as Map
import qualified Data.Text as Text
import Polycall
import qualified Proto.Hazards.Keywords as Keywords
import qualified Proto.Hazards.Maps as Maps
import qualified Proto.Hazards.Recursion as Recursion
import Proto.Hazards.Streaming
import System.Directory (getTemporaryDirectory, removePathForcibly)
import System.Posix.Process (getProcessID)

check :: String -> Bool -> IO ()
check what holds = unless holds (throwIO (userError ("FAILED: " ++ what)))

echoing :: Service
echoing = serveStreaming streamingHandlers
  { streamingUnaryHandler = \_ item -> return item
  , streamingDownHandler = \_ item responses ->
      forM_ [0 .. itemNumber item - 1] $ \i -> respond responses defaultMessage { itemNumber = i }
  , streamingUpHandler = \_ requests -> do
      let go count total = nextRequest requests >>= \request -> case request of
            Nothing -> return defaultMessage { countItems = count, countSum = total }
            Just item -> go (count + 1) (total + itemNumber item)
      go 0 0
  , streamingBothHandler = \_ requests responses -> forRequests requests (respond responses)
  , streamingFailHandler = \_ item ->
      throwStatus (statusCodeFromNumber (fromIntegral (itemNumber item))) (itemText item)
  }

callStreaming :: Channel -> IO ()
callStreaming channel = do
  client <- newStreamingClient channel
  let item n = defaultMessage { itemNumber = n, itemText = "text" }
  one <- streamingUnaryOrThrow client defaultCallOptions (item 1)
  check "a unary call is answered" (one == item 1)
  down <- streamingDown client defaultCallOptions (item 5) collect
  check "five items come down" (fmap (map itemNumber) down == Right [0 .. 4])
  up <- streamingUp client defaultCallOptions (\stream -> mapM_ (send stream . item) [1 .. 10])
  check "ten items go up" (up == Right defaultMessage { countItems = 10, countSum = 55 })
  both <- streamingBoth client defaultCallOptions $ \stream -> do
    forM_ [1 .. 3] $ \n -> do
      send stream (item n)
      back <- receive stream
      check "each item comes back" (back == Just (item n))
    halfClose stream
    receive stream
  check "nothing follows" (both == Right Nothing)
  failed <- streamingFail client defaultCallOptions defaultMessage { itemNumber = 5, itemText = "gone" }
  check "a status comes back" (failed == Left (status NotFound "gone"))

callOthers :: Channel -> IO ()
callOthers channel = do
  keywords <- Keywords.newKeywordsClient channel
  let asked = defaultMessage :: Keywords.Fields
  fields <- Keywords.keywordsEchoOrThrow keywords defaultCallOptions asked
  check "keywords are names" (fields == asked)
  recursion <- Recursion.newRecursionClient channel
  let leaf = defaultMessage { Recursion.treeLabel = "leaf" }
      tree = (foldr (const (\inner -> defaultMessage { Recursion.treeLeft = Just inner })) leaf
                [1 .. 90 :: Int])
  echoed <- Recursion.recursionEchoTreeOrThrow recursion defaultCallOptions tree
  check "a deep tree comes back" (echoed == tree)
  maps <- Maps.newMapsClient channel
  let filled = defaultMessage { Maps.mapsStringPoint = Map.fromList [("a", defaultMessage)] }
  mapped <- Maps.mapsEchoOrThrow maps defaultCallOptions filled
  check "maps come back" (mapped == filled)

callsTest :: IO ()
callsTest = withServer defaultServerOptions $ \server -> do
  mapM_ (addService server)
    [ echoing
    , Keywords.serveKeywords Keywords.keywordsHandlers { Keywords.keywordsEchoHandler = const return }
    , Maps.serveMaps Maps.mapsHandlers { Maps.mapsEchoHandler = const return }
    , Recursion.serveRecursion
        Recursion.recursionHandlers { Recursion.recursionEchoTreeHandler = const return }
    ]
  folder <- getTemporaryDirectory
  process <- getProcessID
  let path = folder ++ "/polycall-hazards-" ++ show process
  unix <- listen server (Text.pack ("unix:" ++ path))
  inproc <- listen server "inproc:hazards-haskell"
  start server
  forM_ [unix, inproc] $ \target -> withChannel target defaultChannelOptions $ \channel -> do
    callStreaming channel
    callOthers channel
  removePathForcibly path
  putStrLn "calls: all as it should be"
