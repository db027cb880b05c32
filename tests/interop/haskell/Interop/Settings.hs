-- | What the runner says about this run by its environment: @INTEROP_TRANSPORT@, the transport under test,
-- and @INTEROP_TLS@, a folder of certificates (ca, server, client: .pem, .key).
module Interop.Settings
  ( channelSettings
  , serverSettings
  , transportUnderTest
  ) where

import Data.Text (Text)
import qualified Data.Text as Text
import Polycall
import System.Environment (lookupEnv)

transportUnderTest :: IO (Maybe Text)
transportUnderTest = fmap Text.pack <$> lookupEnv "INTEROP_TRANSPORT"

certificates :: String -> IO (Maybe TlsOptions)
certificates role = fmap options <$> lookupEnv "INTEROP_TLS"
  where
    options folder = defaultTlsOptions
      { tlsCa = Just (folder ++ "/ca.pem")
      , tlsCertificate = Just (folder ++ "/" ++ role ++ ".pem")
      , tlsKey = Just (folder ++ "/" ++ role ++ ".key")
      , tlsRequireClientCertificate = role == "server"
      }

-- | The transport under test and no other.
channelSettings :: IO ChannelOptions
channelSettings = do
  transport_ <- transportUnderTest
  tls <- certificates "client"
  return defaultChannelOptions { channelTransports = maybe [] names transport_, channelTls = tls }
  where
    -- Shared memory is reached over a unix socket.
    names name = name : [Text.pack "unix" | name == Text.pack "shm"]

serverSettings :: IO ServerOptions
serverSettings = do
  tls <- certificates "server"
  return defaultServerOptions { serverTls = tls }
