{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | The Haskell testee:
--
-- > client --target T --case C[,C...] --token K [--with-server self|LIBRARY|host:LANG:MODULE]
-- > server --target T [--with-client LIBRARY --case C[,C...] --token K]
--
-- With the bracketed options both ends are in this process.
module Main (main) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import Data.List (isPrefixOf)
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Interop.Cases (cases)
import Interop.Context (CaseFailed, expectEqual, newContext)
import Interop.Native
import Interop.Services (services)
import Interop.Settings (channelSettings, serverSettings, transportUnderTest)
import Polycall
import Polycall.Host (loadModule)
import System.Environment (getArgs)
import System.Exit
import System.IO

-- | 0 if all is as it should be, 1 with the reason as last line, 3 if the case is unknown.
runCase :: Text -> String -> Text -> IO Int
runCase target name token = case lookup name cases of
  Nothing -> 3 <$ hPutStrLn stderr ("the Haskell client has no case '" ++ name ++ "'")
  Just run -> do
    settings <- channelSettings
    outcome <- try $ withChannel target settings $ \onto -> do
      newContext target token onto >>= run
      checkTransport onto (name == "empty_unary")
    case outcome of
      Right () -> return 0
      Left (problem :: SomeException)
        | Just (failed :: CaseFailed) <- fromException problem -> 1 <$ hPrint stderr failed
        | otherwise -> 1 <$ hPutStrLn stderr (displayException problem)

-- | The channel is on the transport under test; or, unless it must be, not connected.
checkTransport :: Channel -> Bool -> IO ()
checkTransport onto must = do
  wanted <- transportUnderTest
  found <- transport onto
  when (wanted /= Nothing && (must || found /= Nothing)) $
    expectEqual wanted found "the channel's transport"

-- | Several cases one after another, each with its outcome; or one, whose outcome is the exit code.
runCases :: String -> Text -> (String -> Text -> IO Int) -> IO Int
runCases names token run
  | ',' `notElem` names = run names token
  | otherwise = do
      forM_ (zip [0 :: Int ..] (split names)) $ \(number, name) -> do
        code <- run name (token <> "." <> Text.pack (show number))
        putStrLn ("case " ++ name ++ " " ++ outcome code)
        hFlush stdout
      return 0
  where
    outcome code = case code of
      0 -> "passed"
      3 -> "unknown"
      _ -> "failed" :: String
    split text = case break (== ',') text of
      (one, []) -> [one]
      (one, _ : rest) -> one : split rest

-- | A server until somebody wants its end: its address, a wait and a stop.
serving :: Text -> ((Seconds -> IO ()) -> Server -> IO ()) -> (Seconds -> IO ()) -> [Interceptor]
        -> MVar Seconds -> IO (Text, IO (), IO ())
serving target fill requestShutdown interceptors wanted = do
  settings <- serverSettings
  server <- newServer settings { serverInterceptors = interceptors }
  fill requestShutdown server
  address <- listen server target
  start server
  ended <- newEmptyMVar
  _ <- forkIO $ do
    grace <- takeMVar wanted
    shutdown server grace
    freeServer server
    putMVar ended ()
  return (address, readMVar ended, void (tryPutMVar wanted 2) >> readMVar ended)

serve :: Text -> IO (Text, IO (), IO ())
serve target = do
  wanted <- newEmptyMVar
  serving target (\request server -> services request >>= mapM_ (addService server))
    (void . tryPutMVar wanted) [] wanted

-- The module cannot shut down a server that it was lent: its handler of Shutdown only answers.
hosting :: Text -> Text -> Text -> IO (Text, IO (), IO ())
hosting language text target = do
  wanted <- newEmptyMVar
  let watch call _ = return observe
        { observerFinished = \ended -> do
            when (statusCode ended == Ok && interceptedMethod call == "Shutdown") $
              void (tryPutMVar wanted 15)
            return ended
        }
  serving target (\_ server -> loadModule server language text) (const (return ())) [watch] wanted

runClient :: [(String, String)] -> IO Int
runClient given = case lookup "--with-server" given of
  Nothing -> runCases names token (runCase target)
  Just "self" -> both (serve target)
  Just hosted | "host:" `isPrefixOf` hosted ->
    let (language, rest) = break (== ':') (drop 5 hosted)
     in both (hosting (Text.pack language) (Text.pack (drop 1 rest)) target)
  Just path -> do
    library <- openLibrary path
    address <- nativeServe library (Text.encodeUtf8 target)
    code <- runCases names token (runCase (Text.decodeUtf8 address))
    nativeStop library
    return code
  where
    target = Text.pack (need "--target" given)
    names = need "--case" given
    token = Text.pack (fromMaybe "0" (lookup "--token" given))
    both :: IO (Text, IO (), IO ()) -> IO Int
    both begin = do
      (address, _, stop) <- begin
      code <- runCases names token (runCase address)
      stop
      return code

runServer :: [(String, String)] -> IO Int
runServer given = do
  (address, wait_, stop) <- serve (Text.pack (need "--target" given))
  case lookup "--with-client" given of
    Just path -> do
      library <- openLibrary path
      code <- runCases (need "--case" given) (Text.pack (fromMaybe "0" (lookup "--token" given))) $
        \name token ->
          nativeClient library (Text.encodeUtf8 address) name (Text.encodeUtf8 token)
      stop
      return code
    Nothing -> do
      putStrLn ("listening " ++ Text.unpack address)
      hFlush stdout
      -- The runner closes our input when it wants us to end, and the kernel does so if it dies.
      _ <- forkIO $ do
        _ <- try (forever (hGetLine stdin)) :: IO (Either IOException ())
        stop
      wait_
      return 0

need :: String -> [(String, String)] -> String
need name given = fromMaybe (errorWithoutStackTrace (name ++ " is missing")) (lookup name given)

main :: IO ()
main = do
  arguments <- getArgs
  let pairs (name : value : rest) = (name, value) : pairs rest
      pairs _ = []
  code <- case arguments of
    "client" : rest -> runClient (pairs rest)
    "server" : rest -> runServer (pairs rest)
    _ -> 64 <$ hPutStrLn stderr "usage: client|server --target T ..."
  exitWith (if code == 0 then ExitSuccess else ExitFailure code)
