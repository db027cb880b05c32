-- |
-- Options of channels and servers that both have. A 'Nothing' is the default in the comment.
module Polycall.Options
  ( Limits (..)
  , defaultLimits
  , pokeLimits
  , limitsSize
  , TlsOptions (..)
  , defaultTlsOptions
  , withTlsOptions
  , withMaybeText
  , withTexts
  ) where

import qualified Data.ByteString as ByteString
import Data.Int (Int64)
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word32, Word64)
import Foreign.C.String (CString)
import Foreign.Marshal.Alloc (allocaBytesAligned)
import Foreign.Marshal.Array (withArray0)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (Ptr, nullPtr)
import Foreign.Storable (pokeByteOff)
import Polycall.Runtime (Seconds, seconds)

-- | Bounds, by name as error messages give them. Sizes in bytes.
data Limits = Limits
  { limitMaxMessageSize :: !(Maybe Int)
    -- ^ 16 MiB; a greater message ends its call with RESOURCE_EXHAUSTED.
  , limitMaxMetadataSize :: !(Maybe Int) -- ^ 16 KiB for one direction of a call.
  , limitMaxCallsPerConnection :: !(Maybe Int) -- ^ 4096; further calls wait at the caller.
  , limitMaxConnections :: !(Maybe Int) -- ^ 16384 (servers).
  , limitCallWindow :: !(Maybe Int)
    -- ^ 256 KiB unread for a call and direction before a sender waits.
  , limitConnectionWindow :: !(Maybe Int) -- ^ 16 MiB unread for a connection and direction.
  , limitMaxPendingCalls :: !(Maybe Int) -- ^ 16384 calls that wait for a connection or thread.
  , limitHandshakeTimeout :: !(Maybe Seconds) -- ^ 5 s.
  , limitIdleTimeout :: !(Maybe Seconds) -- ^ None; an idle connection is drained after it.
  , limitKeepaliveInterval :: !(Maybe Seconds) -- ^ 30 s of silence with calls under way.
  , limitKeepaliveTimeout :: !(Maybe Seconds) -- ^ 20 s until an unanswered ping ends a connection.
  }
  deriving (Eq, Show)

-- | All as the runtime has them.
defaultLimits :: Limits
defaultLimits = Limits Nothing Nothing Nothing Nothing Nothing Nothing Nothing Nothing Nothing
  Nothing Nothing

-- | Bytes of polycall_limits.
limitsSize :: Int
limitsSize = 72

-- | Fills a polycall_limits.
pokeLimits :: Ptr a -> Limits -> IO ()
pokeLimits at limits = do
  pokeByteOff at 0 (fromIntegral limitsSize :: Word64)
  pokeByteOff at 8 (maybe 0 fromIntegral (limitMaxMessageSize limits) :: Word64)
  word 16 (limitMaxMetadataSize limits)
  word 20 (limitMaxCallsPerConnection limits)
  word 24 (limitMaxConnections limits)
  word 28 (limitCallWindow limits)
  word 32 (limitConnectionWindow limits)
  word 36 (limitMaxPendingCalls limits)
  time 40 (limitHandshakeTimeout limits)
  time 48 (limitIdleTimeout limits)
  time 56 (limitKeepaliveInterval limits)
  time 64 (limitKeepaliveTimeout limits)
  where
    word place value = pokeByteOff at place (maybe 0 fromIntegral value :: Word32)
    time place value = pokeByteOff at place (maybe 0 seconds value :: Int64)

-- | The certificates and keys of a channel or server. Files are PEM, and are read again when they have
-- changed: new connections take what is new.
data TlsOptions = TlsOptions
  { tlsCa :: !(Maybe FilePath)
    -- ^ Whom to trust. 'Nothing': the system's authorities (channels), no client certificates (servers).
  , tlsCertificate :: !(Maybe FilePath) -- ^ One's own chain, leaf first. A server needs it.
  , tlsKey :: !(Maybe FilePath) -- ^ Its private key.
  , tlsServerName :: !(Maybe Text)
    -- ^ Channels: the name to find in the server's certificate; the target's host.
  , tlsRequireClientCertificate :: !Bool -- ^ Servers: mutual TLS.
  , tlsAllow12 :: !Bool -- ^ TLS 1.2 besides 1.3, for old peers.
  }
  deriving (Eq, Show)

-- | No files, TLS 1.3 only.
defaultTlsOptions :: TlsOptions
defaultTlsOptions = TlsOptions Nothing Nothing Nothing Nothing False False

-- | As a polycall_tls_options; NULL for 'Nothing'.
withTlsOptions :: Maybe TlsOptions -> (Ptr () -> IO a) -> IO a
withTlsOptions Nothing use = use nullPtr
withTlsOptions (Just options) use = allocaBytesAligned size 8 $ \struct -> do
  fillBytes struct 0 size
  pokeByteOff struct 0 (fromIntegral size :: Word64)
  pokeByteOff struct 40 (flags :: Word32)
  withMaybeText (path tlsCa) $ \ca -> withMaybeText (path tlsCertificate) $ \certificate ->
    withMaybeText (path tlsKey) $ \key -> withMaybeText (tlsServerName options) $ \name -> do
      pokeByteOff struct 8 ca
      pokeByteOff struct 16 certificate
      pokeByteOff struct 24 key
      pokeByteOff struct 32 name
      use struct
  where
    size = 48
    path field = Text.pack <$> field options
    flags = (if tlsRequireClientCertificate options then 1 else 0) + (if tlsAllow12 options then 2 else 0)

-- | A C string; NULL for 'Nothing'.
withMaybeText :: Maybe Text -> (CString -> IO a) -> IO a
withMaybeText Nothing use = use nullPtr
withMaybeText (Just text) use = ByteString.useAsCString (Text.encodeUtf8 text) use

-- | A NULL-terminated array of C strings.
withTexts :: [Text] -> (Ptr CString -> IO a) -> IO a
withTexts texts use = go texts []
  where
    go [] made = withArray0 nullPtr (reverse made) use
    go (text : rest) made =
      ByteString.useAsCString (Text.encodeUtf8 text) (\at -> go rest (at : made))
