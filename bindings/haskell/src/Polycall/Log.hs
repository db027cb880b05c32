-- |
-- The runtime's log.
module Polycall.Log
  ( LogLevel (..)
  , setLog
  , resetLog
  ) where

import Control.Exception (SomeException, try)
import Control.Monad (void)
import qualified Data.ByteString as ByteString
import Data.Text (Text)
import qualified Data.Text.Encoding as Text
import qualified Data.Text.Encoding.Error as Text
import Foreign.C.String (CString)
import Foreign.C.Types (CInt (..))
import Foreign.Ptr (FunPtr, Ptr, nullFunPtr, nullPtr)
import Polycall.Foreign

-- | How grave a line is.
data LogLevel = Debug | Info | Warning | Error | NoLog
  deriving (Eq, Ord, Show, Enum, Bounded)

foreign import ccall "wrapper"
  makeLog
    :: (Ptr () -> CInt -> CString -> IO ()) -> IO (FunPtr (Ptr () -> CInt -> CString -> IO ()))

-- | Sends lines of at least a level to a function, for the whole process. It runs on any thread,
-- several at once, and is never freed.
setLog :: LogLevel -> (LogLevel -> Text -> IO ()) -> IO ()
setLog level action = do
  callback <- makeLog $ \_ number text -> do
    line <- Text.decodeUtf8With Text.lenientDecode <$> ByteString.packCString text
    void (try (action (toEnum (fromIntegral number)) line) :: IO (Either SomeException ()))
  c_log_set (fromIntegral (fromEnum level)) callback nullPtr

-- | Lines of at least a level go to standard error, as at first.
resetLog :: LogLevel -> IO ()
resetLog level = c_log_set (fromIntegral (fromEnum level)) nullFunPtr nullPtr
