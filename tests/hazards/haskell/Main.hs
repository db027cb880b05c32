{-# LANGUAGE OverloadedStrings #-}

-- | @hazards_haskell messages@: lines of "name hex" in, "hex" or "error ..." out.
-- @hazards_haskell calls@: clients and servers of generated services.
module Main (main) where

import AllMessages (allMessages)
import Calls (callsTest)
import Data.Bits (shiftR, (.&.))
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Char8 as Char8
import Data.Char (digitToInt, intToDigit)
import System.Environment (getArgs)
import System.Exit (die)

main :: IO ()
main = do
  arguments <- getArgs
  case arguments of
    ["messages"] -> Char8.interact (Char8.unlines . map answer . Char8.lines)
    ["calls"] -> callsTest
    _ -> die "usage: hazards_haskell messages|calls"

answer :: Char8.ByteString -> Char8.ByteString
answer line = case lookup (Char8.unpack name) allMessages of
  Nothing -> "error no such message"
  Just recode -> either (\why -> "error " <> Char8.pack (show why)) toHex (recode (fromHex hex))
  where
    (name, rest) = Char8.break (== ' ') line
    hex = Char8.drop 1 rest

fromHex :: Char8.ByteString -> ByteString.ByteString
fromHex = ByteString.pack . go . Char8.unpack
  where
    go (a : b : more) = fromIntegral (digitToInt a * 16 + digitToInt b) : go more
    go _ = []

toHex :: ByteString.ByteString -> Char8.ByteString
toHex = Char8.pack . concatMap digits . ByteString.unpack
  where
    digits byte = [intToDigit (fromIntegral (byte `shiftR` 4)), intToDigit (fromIntegral (byte .&. 15))]
