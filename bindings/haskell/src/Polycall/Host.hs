{-# LANGUAGE OverloadedStrings #-}

-- |
-- Modules that another program's process loads: services in a shared library.
--
-- > foreign export ccall polycall_register :: Register
-- >
-- > polycall_register :: Register
-- > polycall_register = hosted $ \server -> addService server (serveCalc handlers)
--
-- Built with @ghc -shared -dynamic -fPIC -threaded -flink-rts -no-hs-main -o libcalc.so Calc.hs@ and loaded as
-- @polycall host --lang haskell .\/libcalc.so@ or by polycall_host_load of polycall\/host.h.
module Polycall.Host
  ( Register
  , hosted
  , loadModule
  ) where

import Control.Exception (SomeException, displayException, fromException, try)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Unsafe as ByteString
import Data.Int (Int32)
import Data.Text (Text)
import qualified Data.Text as Text
import qualified Data.Text.Encoding as Text
import Data.Word (Word64, Word8)
import Foreign.C.String (CString)
import Foreign.C.Types (CSize (..))
import Foreign.Marshal.Alloc (allocaBytesAligned)
import Foreign.Ptr (Ptr, castPtr, nullPtr)
import Foreign.Storable (pokeByteOff)
import Polycall.Foreign
import Polycall.Runtime (ensureRuntime)
import Polycall.Server
import Polycall.Status
import System.IO (hFlush, stderr, stdout)

foreign export ccall polycall_hs_flush :: IO ()

-- The host calls it when the process ends.
polycall_hs_flush :: IO ()
polycall_hs_flush = do
  _ <- try (hFlush stdout >> hFlush stderr) :: IO (Either SomeException ())
  return ()

-- | The type of a module's exported function: the server, and where a status goes.
type Register = Ptr () -> Ptr () -> IO Int32

foreign import ccall unsafe "polycall_status_set"
  c_status_set :: Ptr StatusStruct -> Int32 -> CString -> Ptr Word8 -> CSize -> IO ()

foreign import ccall safe "polycall_host_load"
  c_host_load :: Ptr ServerHandle -> Ptr () -> Ptr StatusStruct -> IO Int32

-- | Registers services on the server that loads the module. The server is the loader's: it is not to
-- be started, shut down or freed. What the action throws is the load's status.
hosted :: (Server -> IO ()) -> Register
hosted register handle place = do
  outcome <- try (ensureRuntime >> borrowServer (castPtr handle) >>= register)
  case outcome of
    Right () -> return 0
    Left problem -> do
      let Status code message details = statusOf problem
          number = fromIntegral (statusCodeNumber code)
      ByteString.useAsCString (Text.encodeUtf8 message) $ \text ->
        ByteString.unsafeUseAsCStringLen details $ \(memory, size) ->
          c_status_set (castPtr place) number text (castPtr memory) (fromIntegral size)
      return number
  where
    statusOf :: SomeException -> Status
    statusOf problem = case fromException problem of
      Just known | statusCode known /= Ok -> known
      _ -> status Unknown (Text.pack (displayException problem))

-- | Loads a module of a language (@c@, @python@, @java@, @haskell@, @lisp@) into this process and lets
-- it add its services to a server that was not started yet. Throws the 'Status' of what failed.
loadModule :: Server -> Text -> Text -> IO ()
loadModule server language text =
  ByteString.useAsCString (Text.encodeUtf8 language) $ \languageText ->
    ByteString.useAsCString (Text.encodeUtf8 text) $ \moduleText ->
      allocaBytesAligned 32 8 $ \struct -> withStatus $ \failure -> do
        pokeByteOff struct 0 (32 :: Word64)
        pokeByteOff struct 8 languageText
        pokeByteOff struct 16 moduleText
        pokeByteOff struct 24 (nullPtr :: Ptr ())
        code <- c_host_load (serverHandle server) struct failure
        throwCode failure code
