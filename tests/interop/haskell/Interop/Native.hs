-- | Another language's client or server in this process: see ../../native/testee.h.
module Interop.Native
  ( Library
  , openLibrary
  , nativeServe
  , nativeStop
  , nativeClient
  ) where

import Control.Monad (when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import Foreign.C.String (CString, withCString)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.Ptr (FunPtr)
import System.Exit (ExitCode (ExitFailure), exitWith)
import System.Posix.DynamicLinker

-- | One testee's shared library.
newtype Library = Library DL

foreign import ccall safe "dynamic"
  callServe :: FunPtr (CString -> CString -> CSize -> IO CInt) -> CString -> CString -> CSize -> IO CInt
foreign import ccall safe "dynamic" callStop :: FunPtr (IO ()) -> IO ()
foreign import ccall safe "dynamic"
  callClient
    :: FunPtr (CString -> CString -> CString -> IO CInt) -> CString -> CString -> CString -> IO CInt

openLibrary :: FilePath -> IO Library
openLibrary path = Library <$> dlopen path [RTLD_NOW, RTLD_LOCAL]

nativeServe :: Library -> ByteString -> IO ByteString
nativeServe (Library library) target = do
  function <- dlsym library "interop_serve"
  ByteString.useAsCString target $ \name -> allocaBytes 256 $ \address -> do
    code <- callServe function name address 256
    when (code /= 0) (exitWith (ExitFailure 1)) -- it has printed why
    ByteString.packCString address

nativeStop :: Library -> IO ()
nativeStop (Library library) = dlsym library "interop_stop" >>= callStop

nativeClient :: Library -> ByteString -> String -> ByteString -> IO Int
nativeClient (Library library) target name token = do
  function <- dlsym library "interop_client"
  ByteString.useAsCString target $ \targetText -> withCString name $ \nameText ->
    ByteString.useAsCString token $ \tokenText ->
      fromIntegral <$> callClient function targetText nameText tokenText
