{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE OverloadedStrings #-}

-- | PolyCall Haskell on the same work; the same command line as the other programs:
--
-- > bench_haskell server --target T
-- > bench_haskell client --target T --bench latency ...
-- > bench_haskell client --bench inproc --library FILE
--
-- With @--pin CORE@ the program starts itself again on that core: GHC's runtime has made threads by now,
-- which would stay where they are.
module Main (main) where

import Control.Concurrent (runInUnboundThread)
import Control.Monad (unless, when)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Char8 as Char8
import Data.List (sort)
import Data.Maybe (fromMaybe)
import qualified Data.Text as Text
import qualified Data.Text.IO as Text
import Data.Word (Word64)
import Echo
import Foreign.C.String (CString)
import Foreign.C.Types (CInt (..))
import Foreign.Marshal.Array (peekArray)
import Foreign.Marshal.Array (mallocArray)
import Foreign.Ptr (FunPtr, Ptr)
import Foreign.Storable (peekElemOff, pokeElemOff)
import GHC.Clock (getMonotonicTimeNSec)
import Polycall
import Proto.Echo
import System.CPUTime (getCPUTime)
import System.Environment (getArgs, getExecutablePath)
import System.Exit (die)
import System.IO (hFlush, stdout)
import System.Posix.DynamicLinker
import System.Posix.Process (executeFile)
import System.Posix.Signals (Handler (Catch), installHandler, sigINT, sigTERM)
import Control.Concurrent.MVar

foreign import ccall safe "dynamic" callServe :: FunPtr (CString -> IO CInt) -> CString -> IO CInt

main :: IO ()
main = do
  arguments <- getArgs
  case arguments of
    command : rest | Just core <- lookup "--pin" (pairs rest) -> do
      self <- getExecutablePath
      executeFile "taskset" True
        ("-c" : core : self : command : concat [[name, value] | (name, value) <- pairs rest, name /= "--pin"])
        Nothing
    "server" : rest -> serve (pairs rest)
    "client" : rest -> runInUnboundThread (client (pairs rest))
    _ -> die "usage: bench_haskell server|client ..."
  where
    pairs (name : value : rest) = (name, value) : pairs rest
    pairs _ = []

serve :: [(String, String)] -> IO ()
serve given = withServer defaultServerOptions { serverShutdownGrace = 0.1 } $ \server -> do
  addService server service
  address <- listen server (Text.pack (fromMaybe "" (lookup "--target" given)))
  start server
  wanted <- newEmptyMVar
  mapM_ (\signal -> installHandler signal (Catch (() <$ tryPutMVar wanted ())) Nothing) [sigTERM, sigINT]
  Text.putStrLn ("READY " <> address)
  hFlush stdout
  takeMVar wanted

client :: [(String, String)] -> IO ()
client given = do
  target <- case (bench, lookup "--library" given) of
    ("inproc", Just path) -> do
      library <- dlopen path [RTLD_NOW, RTLD_LOCAL]
      function <- dlsym library "bench_in_process_serve"
      code <- ByteString.useAsCString "inproc:bench-haskell" (callServe function)
      when (code /= 0) (die "the C++ server did not start")
      return "inproc:bench-haskell"
    ("inproc", Nothing) -> die "--bench inproc needs --library"
    _ -> maybe (die "--target is needed") (return . Text.pack) (lookup "--target" given)
  withChannel target defaultChannelOptions $ \channel -> do
    echo <- newEchoServiceClient channel
    let call = echoServiceEchoOrThrow echo defaultCallOptions message
    first <- call
    unless (ByteString.length (echoMessagePayload first) == payload) $
      die "the answer does not fit the request"
    measure call
  where
    bench = fromMaybe "latency" (lookup "--bench" given)
    payload = maybe 32 read (lookup "--payload" given)
    seconds_ = maybe 1 read (lookup "--seconds" given) :: Double
    limit = maybe 2000000 read (lookup "--max-calls" given) :: Int
    message = request payload
    measure call = do
      samples <- mallocArray limit :: IO (Ptr Word64)
      warm <- (+ round (seconds_ * 0.15e9)) <$> getMonotonicTimeNSec
      let warming = do
            _ <- call
            now <- getMonotonicTimeNSec
            when (now < warm) warming
      warming
      cpu <- getCPUTime
      begin <- getMonotonicTimeNSec
      let !end = begin + round (seconds_ * 1e9)
          go !count !before
            | before >= end || count >= limit = return (count, before)
            | otherwise = do
                _ <- call
                after <- getMonotonicTimeNSec
                pokeElemOff samples count (after - before)
                go (count + 1) after
      (count, ended) <- go 0 begin
      spent <- subtract cpu <$> getCPUTime
      ordered <- sort <$> peekArray count samples
      let quantile share = ordered !! min (count - 1) (max 0 (round (share * fromIntegral count :: Double) - 1))
          field name value = "\"" ++ name ++ "\":" ++ value
      _ <- peekElemOff samples 0
      Char8.putStrLn (Char8.pack ("{" ++ concatMap (++ ",")
        [ field "peer" "\"polycall\"", field "bench" (show bench), field "payload" (show payload)
        , field "calls" (show count), field "p50_ns" (show (quantile 0.5))
        , field "p99_ns" (show (quantile 0.99)), field "wall_ns" (show (ended - begin))
        , field "client_cpu_ns" (show (spent `div` 1000)) ]
        ++ field "server_cpu_ns" "0" ++ "}"))
