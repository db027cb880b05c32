{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | The Haskell testee: requests from standard input, answers to standard output (../README.md).
module Main (main) where

import Control.Exception (AsyncException (StackOverflow), SomeException, evaluate, fromException, try)
import Control.Monad (replicateM_, unless, when)
import Data.Bits (shiftL, shiftR, (.|.))
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Char8 as Char8
import Data.IORef (newIORef, readIORef)
import qualified Data.Map.Strict as Map
import Data.Proxy (Proxy (Proxy))
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word64)
import GHC.Clock (getMonotonicTimeNSec)
import Polycall.Message (Message, decode, encode, messageName)
import qualified Proto.Wire2 as Wire2
import qualified Proto.Wire3 as Wire3
import System.IO

data Answer = Accepted ByteString | Refused String | Unsupported String | Failed String

data Type = Type
  { recode :: ByteString -> Answer
  , check :: ByteString -> Answer
  , bench :: Int -> ByteString -> IO Answer
  }

typeOf :: forall a. Message a => Proxy a -> (ByteString, Type)
typeOf _ = (Char8.pack (messageName (undefined :: a)), Type
  { recode = \bytes -> answer bytes encode
  , check = \bytes -> answer bytes (const ByteString.empty)
  , bench = \iterations bytes -> benchmark iterations bytes
  })
  where
    answer bytes use = case decode bytes of
      Left problem -> Refused (show problem)
      Right (value :: a) -> Accepted (use value)
    benchmark iterations bytes = do
      -- The compiler shall not see that each round does the same.
      input <- newIORef bytes
      let once = do
            present <- readIORef input
            case decode present of
              Left problem -> fail (show problem)
              Right (value :: a) -> evaluate (ByteString.length (encode value))
      first <- try once
      case first of
        Left (problem :: SomeException) -> return (Refused (show problem))
        Right size -> do
          start <- getMonotonicTimeNSec
          replicateM_ iterations $ do
            present <- once
            unless (present == size) (fail "another length than at first")
          end <- getMonotonicTimeNSec
          return (Accepted (littleEndian 8 (end - start)))

types :: Map.Map ByteString Type
types = Map.fromList
  [ typeOf (Proxy :: Proxy Wire2.Leaf)
  , typeOf (Proxy :: Proxy Wire2.Scalars)
  , typeOf (Proxy :: Proxy Wire2.Repeated)
  , typeOf (Proxy :: Proxy Wire2.Choice)
  , typeOf (Proxy :: Proxy Wire2.Maps)
  , typeOf (Proxy :: Proxy Wire2.Required)
  , typeOf (Proxy :: Proxy Wire2.Unread)
  , typeOf (Proxy :: Proxy Wire2.Closed)
  , typeOf (Proxy :: Proxy Wire2.All)
  , typeOf (Proxy :: Proxy Wire3.Leaf)
  , typeOf (Proxy :: Proxy Wire3.Scalars)
  , typeOf (Proxy :: Proxy Wire3.Repeated)
  , typeOf (Proxy :: Proxy Wire3.Maps)
  , typeOf (Proxy :: Proxy Wire3.Choice)
  , typeOf (Proxy :: Proxy Wire3.Tree)
  , typeOf (Proxy :: Proxy Wire3.All)
  , typeOf (Proxy :: Proxy Wire3.Numbers)
  , typeOf (Proxy :: Proxy Wire3.Empty)
  , typeOf (Proxy :: Proxy Wire3.Older)
  , typeOf (Proxy :: Proxy Wire3.Mixed)
  ]

littleEndian :: Int -> Word64 -> ByteString
littleEndian count value =
  ByteString.pack [fromIntegral (value `shiftR` (8 * i)) | i <- [0 .. count - 1]]

fromLittleEndian :: ByteString -> Int
fromLittleEndian = ByteString.foldr' (\byte sofar -> sofar `shiftL` 8 .|. fromIntegral byte) 0

answerTo :: ByteString -> IO Answer
answerTo request
  | ByteString.length request < 2 || ByteString.length rest < nameSize =
      return (Failed "the request is too short")
  | otherwise = case Map.lookup name types of
      Nothing -> return (Unsupported ("no type " ++ Char8.unpack name))
      Just found -> case ByteString.index request 0 of
        1 -> return (recode found body)
        2 -> return (check found body)
        3 -> bench found (fromLittleEndian (ByteString.take 4 body)) (ByteString.drop 4 body)
        other -> return (Unsupported ("no action " ++ show other))
  where
    nameSize = fromIntegral (ByteString.index request 1)
    rest = ByteString.drop 2 request
    (name, body) = ByteString.splitAt nameSize rest

inBytes :: Answer -> ByteString
inBytes answer = case answer of
  Accepted bytes -> ByteString.cons 0 bytes
  Refused reason -> text 1 reason
  Unsupported reason -> text 2 reason
  Failed reason -> text 3 reason
  where
    text result reason = ByteString.cons result (Text.encodeUtf8 (Text.pack reason))

serve :: IO ()
serve = do
  size <- ByteString.hGet stdin 4
  when (ByteString.length size == 4) $ do
    request <- ByteString.hGet stdin (fromLittleEndian size)
    outcome <- try (answerTo request >>= \answer -> evaluate (inBytes answer))
    let answer = case outcome of
          Right !bytes -> bytes
          Left (problem :: SomeException)
            | Just StackOverflow <- fromException problem -> inBytes (Failed "stack overflow")
            | otherwise -> inBytes (Failed (show problem))
    ByteString.hPut stdout (littleEndian 4 (fromIntegral (ByteString.length answer)))
    ByteString.hPut stdout answer
    hFlush stdout
    serve

main :: IO ()
main = do
  hSetBinaryMode stdin True
  hSetBinaryMode stdout True
  hSetBuffering stdout (BlockBuffering Nothing)
  serve
