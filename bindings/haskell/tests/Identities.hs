{-# LANGUAGE OverloadedStrings #-}

-- | Which transports may be used, who a caller is, and who may call.
module Identities (identityTests) where

import Control.Exception
import Control.Monad
import Data.IORef
import Data.Text (Text)
import qualified Data.Text as Text
import Expect
import Polycall
import Proto.Calc
import System.Environment (getEnv)
import System.Posix.User (getRealUserID)

-- A server whose handler remembers who called.
house :: ServerOptions -> [(Text, [Text])] -> Text -> (Text -> IORef (Maybe Identity) -> IO a) -> IO a
house options lists place use = withServer options $ \server -> do
  caller <- newIORef Nothing
  addService server (serveCalc calcHandlers
    { calcAddHandler = \call _ -> peerIdentity call >>= writeIORef caller >> return defaultMessage })
  forM_ lists (uncurry (allow server))
  target <- listen server place
  start server
  use target caller

-- The transport that a call took.
visit :: Text -> ChannelOptions -> IO (Either Status (Maybe Text))
visit target options = withChannel target options { channelMaxAttempts = Just 1 } $ \channel -> do
  calc <- newCalcClient channel
  outcome <- calcAdd calc defaultCallOptions { callTimeout = Just 30 } defaultMessage
  name <- transport channel
  return (name <$ outcome)

certificates :: String -> IO TlsOptions
certificates role = do
  folder <- getEnv "POLYCALL_TEST_CERTIFICATES" -- ctest makes them first
  return defaultTlsOptions
    { tlsCa = Just (folder ++ "/ca.pem")
    , tlsCertificate = Just (folder ++ "/" ++ role ++ ".pem")
    , tlsKey = Just (folder ++ "/" ++ role ++ ".key")
    }

identityTests :: Text -> [(String, IO ())]
identityTests socket =
  [ ("a channel keeps to the transports that it is told", house defaultServerOptions [] socket $ \target _ -> do
      name <- visit target defaultChannelOptions { channelTransports = ["unix"] }
      check (show name) (name == Right (Just "unix"))
      other <- visit target defaultChannelOptions { channelTransports = ["tcp"] }
      check "another is refused with a reason"
        (either (("unix" `Text.isInfixOf`) . statusMessage) (const False) other))
  , ("unknown transports are refused", do
      channel <- try (void (visit "tcp://127.0.0.1:1" defaultChannelOptions { channelTransports = ["pigeon"] }))
      found <- expectStatus InvalidArgument channel
      check "its name" ("pigeon" `Text.isInfixOf` statusMessage found)
      server <- try (withServer defaultServerOptions { serverTransports = ["pigeon"] } (const (return ())))
      void (expectStatus InvalidArgument server))
  , ("within a host the kernel says who calls", house defaultServerOptions [] socket $ \target caller -> do
      _ <- visit target defaultChannelOptions >>= either throwIO return
      own <- ownName
      found <- readIORef caller
      check (show found) (maybe False ((own `elem`) . identityNames) found)
      check "no certificate" (fmap identitySubject found == Just Nothing))
  , ("over plain TCP nobody vouches for a caller",
      house defaultServerOptions [] "tcp://127.0.0.1:0" $ \target caller -> do
        _ <- visit target defaultChannelOptions { channelTransports = ["tcp"] } >>= either throwIO return
        found <- readIORef caller
        check (show found) (found == Nothing))
  , ("over TLS it is the caller's certificate", do
      own <- certificates "server"
      theirs <- certificates "client"
      let options = defaultServerOptions { serverTls = Just own { tlsRequireClientCertificate = True } }
      house options [] "tls://127.0.0.1:0" $ \target caller -> do
        name <- visit target defaultChannelOptions { channelTls = Just theirs }
        check (show name) (name == Right (Just "tls"))
        found <- readIORef caller
        check (show found) ((found >>= identitySubject) == Just "CN=interop client")
        check (show found) (maybe False
          (("URI:spiffe://polycall.test/interop-client" `elem`) . identityNames) found)
        missing <- visit target defaultChannelOptions
          { channelTls = Just defaultTlsOptions { tlsCa = Just "/no/such/file.pem" } }
        check "the file that is missing"
          (either (("/no/such/file.pem" `Text.isInfixOf`) . statusMessage) (const False) missing))
  , ("only those on the list may call", do
      own <- ownName
      house defaultServerOptions [("calc.v1.Calc", ["UID:4294967294"])] socket $ \target _ -> do
        outcome <- visit target defaultChannelOptions
        void (expectStatus PermissionDenied outcome)
      house defaultServerOptions [("", ["UID:4294967294", own])] socket $ \target _ ->
        void (visit target defaultChannelOptions >>= either throwIO return))
  , ("what is no identity or no service is refused", withServer defaultServerOptions $ \server -> do
      addService server (serveCalc calcHandlers)
      found <- try (allow server "calc.v1.Calc" ["everybody"]) >>= expectStatus InvalidArgument
      check "its name" ("everybody" `Text.isInfixOf` statusMessage found)
      void (try (allow server "no.such.Service" ["UID:0"]) >>= expectStatus NotFound))
  ]
  where
    ownName = (\user -> Text.pack ("UID:" ++ show user)) <$> getRealUserID
