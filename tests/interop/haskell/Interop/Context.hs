{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | What the cases share.
module Interop.Context
  ( Context (..)
  , Case
  , CaseFailed (..)
  , newContext
  , newKey
  , expect
  , expectEqual
  , expectCode
  , expectCodeWith
  , newPayload
  , callLargeUnary
  , callEmpty
  , getCounters
  , waitForCounter
  , options
  , died
  ) where

import Control.Concurrent (threadDelay)
import Control.Exception
import Control.Monad (unless)
import qualified Data.ByteString as ByteString
import Data.Int (Int64)
import Data.Text (Text)
import qualified Data.Text as Text
import Polycall
import Proto.Empty
import Proto.Messages
import Proto.PolycallTest
import Proto.Test

-- | One run of one case.
data Context = Context
  { target :: Text
  , token :: Text
  , test :: TestServiceClient
  , own :: PolyCallTestServiceClient
  , channel :: Channel
  }

type Case = (String, Context -> IO ())

-- | Why a case fails.
newtype CaseFailed = CaseFailed String

instance Show CaseFailed where
  show (CaseFailed why) = why

instance Exception CaseFailed

newContext :: Text -> Text -> Channel -> IO Context
newContext where_ key onto = do
  testClient <- newTestServiceClient onto
  ownClient <- newPolyCallTestServiceClient onto
  return (Context where_ key testClient ownClient onto)

-- | A key for the server's counters that belongs to this run and name alone.
newKey :: Context -> Text -> Text
newKey context name = name <> "/" <> token context

expect :: Bool -> String -> IO ()
expect condition what = unless condition (throwIO (CaseFailed ("expected " ++ what)))

expectEqual :: (Eq a, Show a) => a -> a -> String -> IO ()
expectEqual expected actual what = unless (expected == actual) $
  throwIO (CaseFailed ("expected " ++ show expected ++ " from " ++ what ++ ", found " ++ show actual))

-- | The action ends with this status, which is answered.
expectCode :: StatusCode -> IO a -> IO Status
expectCode code action = do
  outcome <- try action
  case outcome of
    Right _ -> throwIO (CaseFailed ("expected " ++ show code ++ ", found Ok"))
    Left found -> do
      unless (statusCode found == code) $
        throwIO (CaseFailed ("expected " ++ show code ++ ", found " ++ displayException found))
      return found

expectCodeWith :: StatusCode -> Text -> IO a -> IO ()
expectCodeWith code message action = do
  found <- expectCode code action
  expectEqual message (statusMessage found) "the status's message"

newPayload :: Int -> Payload
newPayload size = defaultMessage { payloadBody = ByteString.replicate size 0 }

options :: CallOptions
options = defaultCallOptions

-- | UnaryCall with large_unary's sizes; checks the answer.
callLargeUnary :: TestServiceClient -> IO ()
callLargeUnary client = do
  response <- testServiceUnaryCallOrThrow client options defaultMessage
    { simpleRequestResponseSize = 314159, simpleRequestPayload = Just (newPayload 271828) }
  let body = maybe ByteString.empty payloadBody (simpleResponsePayload response)
  expectEqual 314159 (ByteString.length body) "the response's body"
  expect (ByteString.all (== 0) body) "a body of zeros"

-- | The server still answers.
callEmpty :: Context -> IO ()
callEmpty context = do
  answer <- testServiceEmptyCallOrThrow (test context) options (defaultMessage :: Empty)
  expectEqual defaultMessage answer "EmptyCall"

getCounters :: Context -> Text -> IO Counters
getCounters context key = polyCallTestServiceGetCountersOrThrow (own context) options
  defaultMessage { countersRequestKey = key }

-- | Asks for the counters until one is as wanted; fails after 10 s.
waitForCounter :: Context -> Text -> (Counters -> Int64) -> Int64 -> IO ()
waitForCounter context key counter wanted = go (1000 :: Int) (-1)
  where
    go 0 found = throwIO (CaseFailed ("a counter of " ++ Text.unpack key ++ " is " ++ show (found :: Int64)
      ++ " after 10 s, expected " ++ show wanted))
    go left _ = do
      found <- counter <$> getCounters context key
      unless (found == wanted) $ threadDelay 10000 >> go (left - 1) found

-- | The exit code of a process that was told to die.
died :: Int
died = 42
