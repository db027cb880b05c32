{-# LANGUAGE InterruptibleFFI #-}

-- |
-- The C ABI (polycall.h) and the binding's own C, as foreign imports. Not for programs.
--
-- @unsafe@ is for functions that return at once and never call back; everything that can block, free
-- a typed message, log or run an interceptor is @safe@; the waits of callers are @interruptible@.
module Polycall.Foreign
  ( -- * Handles
    ChannelHandle, MethodHandle, ServerHandle, CallHandle, MetadataHandle, ServiceHandle
  , UnaryStruct, MessageStruct, StatusStruct, OptionsStruct, TypeTable, ObjectHandle
  , HandlerFn, UnaryFn, ArgFn, EncodeFn
    -- * Structs
  , unarySize, unaryStatus, unaryResponse, unaryInitial, unaryTrailing, unaryRequest
  , optionsSize, optionsResponseType, statusSize, messageSize_, messageType, messageObject
  , withStatus, takeStatus, readStatus, throwCode, emptyMessage, messageBytes
    -- * Functions
  , c_start, c_version, c_abi_version
  , c_status_clear, c_message_release, c_message_to_bytes
  , c_type_new, c_object_new, c_object_release, c_object_value, c_object_bytes, c_object_was_encoded
  , c_metadata_new, c_metadata_free, c_metadata_add, c_metadata_count, c_metadata_get
  , c_channel_new, c_channel_free, c_method, c_channel_state, c_wait_ready, c_transport
  , c_explain, c_string_free, c_ping
  , c_unary, c_unary_async, c_call_start, c_receive, c_send, c_half_close, c_wait
  , c_initial_metadata, c_cancel, c_call_release, p_call_release
  , c_call_service, c_call_method, c_call_kind, c_time_left, c_call_transport, c_call_peer
  , c_call_identity
  , c_call_metadata, c_send_initial_metadata, c_set_trailing_metadata, c_is_cancelled
  , c_on_cancel, c_handler_send, c_handler_receive, c_finish, c_finish_status
  , c_server_new, c_server_free, c_service_new, c_service_method, c_service_add
  , c_server_allow, c_server_listen, c_server_start, c_server_shutdown, c_server_wait, c_server_set_serving
  , c_server_stats, c_run_worker
  , c_log_set
  ) where

import Control.Exception (throwIO)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import Data.Int (Int32, Int64)
import qualified Data.Text.Encoding as Text
import qualified Data.Text.Encoding.Error as Text
import Data.Word (Word32, Word64, Word8)
import Foreign.C.String (CString)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Marshal.Alloc (allocaBytesAligned)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (FunPtr, Ptr, castPtr, nullPtr)
import Foreign.Storable (peekByteOff)
import Polycall.Status

data ChannelHandle
data MethodHandle
data ServerHandle
data CallHandle
data MetadataHandle
data ServiceHandle
data UnaryStruct
data MessageStruct
data StatusStruct
data OptionsStruct
data TypeTable
data ObjectHandle

-- | polycall_handler_fn.
type HandlerFn = Ptr () -> Ptr CallHandle -> Ptr MessageStruct -> IO ()

-- | polycall_hs_encode_fn.
type EncodeFn = Ptr () -> Ptr ObjectHandle -> IO CInt

-- | polycall_unary_fn.
type UnaryFn = Ptr () -> Ptr UnaryStruct -> IO ()

-- | A callback that gets its argument alone.
type ArgFn = Ptr () -> IO ()

-- Sizes and places of polycall.h's structs; cbits/polycall_hs_call.c asserts them.
unarySize, unaryStatus, unaryResponse, unaryInitial, unaryTrailing, unaryRequest :: Int
unarySize = 168
unaryRequest = 24
unaryStatus = 80
unaryResponse = 104
unaryInitial = 144
unaryTrailing = 152

optionsSize, optionsResponseType, statusSize, messageSize_, messageType, messageObject :: Int
optionsSize = 48
optionsResponseType = 40
messageType = 24
messageObject = 32
statusSize = 24
messageSize_ = 40

-- | Memory for a status, OK at first.
withStatus :: (Ptr StatusStruct -> IO a) -> IO a
withStatus use = allocaBytesAligned statusSize 8 $ \memory -> do
  fillBytes memory 0 statusSize
  use memory

-- | What a status struct says.
readStatus :: Ptr StatusStruct -> IO Status
readStatus at = do
  code <- peekByteOff at 0 :: IO Int32
  size <- peekByteOff at 4 :: IO Word32
  message <- peekByteOff at 8 :: IO CString
  details <- peekByteOff at 16 :: IO (Ptr Word8)
  text <- if message == nullPtr then return ByteString.empty else ByteString.packCString message
  bytes <- if details == nullPtr
    then return ByteString.empty
    else ByteString.packCStringLen (castPtr details, fromIntegral size)
  return $! Status (statusCodeFromNumber (fromIntegral code))
    (Text.decodeUtf8With Text.lenientDecode text) bytes

-- | The same, and the struct is cleared.
takeStatus :: Ptr StatusStruct -> IO Status
takeStatus at = do
  found <- readStatus at
  c_status_clear at
  return found

-- | Throws the status if the code is not OK.
throwCode :: Ptr StatusStruct -> Int32 -> IO ()
throwCode at code
  | code == 0 = return ()
  | otherwise = takeStatus at >>= throwIO

-- | Memory for a message, empty at first.
emptyMessage :: (Ptr MessageStruct -> IO a) -> IO a
emptyMessage use = allocaBytesAligned messageSize_ 8 $ \memory -> do
  fillBytes memory 0 messageSize_
  use memory

-- | A copy of a message's bytes; a typed object of another language's is encoded.
messageBytes :: Ptr MessageStruct -> IO ByteString
messageBytes message = do
  kind <- peekByteOff message messageType :: IO (Ptr TypeTable)
  if kind == nullPtr then copied message else emptyMessage $ \bytes -> withStatus $ \failure -> do
    code <- c_message_to_bytes message bytes failure
    throwCode failure code
    result <- copied bytes
    c_message_release bytes
    return result
  where
    copied at = do
      memory <- peekByteOff at 0 :: IO (Ptr Word8)
      size <- peekByteOff at 8 :: IO CSize
      if memory == nullPtr
        then return ByteString.empty
        -- Copied now: a copy that waits until it is looked at would find other bytes there.
        else ByteString.packCStringLen (castPtr memory, fromIntegral size)

foreign import ccall safe "polycall_hs_start" c_start :: IO CInt
foreign import ccall unsafe "polycall_version" c_version :: IO CString
foreign import ccall unsafe "polycall_abi_version" c_abi_version :: IO Word32
foreign import ccall unsafe "polycall_hs_type_new"
  c_type_new :: CString -> FunPtr EncodeFn -> IO (Ptr TypeTable)
foreign import ccall unsafe "polycall_hs_object_new"
  c_object_new :: Ptr TypeTable -> Ptr () -> IO (Ptr ObjectHandle)
foreign import ccall unsafe "polycall_hs_object_release" c_object_release :: Ptr ObjectHandle -> IO ()
foreign import ccall unsafe "polycall_hs_object_value" c_object_value :: Ptr ObjectHandle -> IO (Ptr ())
foreign import ccall unsafe "polycall_hs_object_bytes"
  c_object_bytes :: Ptr ObjectHandle -> CSize -> IO (Ptr Word8)
foreign import ccall unsafe "polycall_hs_object_was_encoded"
  c_object_was_encoded :: Ptr ObjectHandle -> IO CInt
foreign import ccall unsafe "polycall_status_clear" c_status_clear :: Ptr StatusStruct -> IO ()
foreign import ccall safe "polycall_message_release" c_message_release :: Ptr MessageStruct -> IO ()
foreign import ccall safe "polycall_message_to_bytes"
  c_message_to_bytes :: Ptr MessageStruct -> Ptr MessageStruct -> Ptr StatusStruct -> IO Int32

foreign import ccall unsafe "polycall_metadata_new" c_metadata_new :: IO (Ptr MetadataHandle)
foreign import ccall unsafe "polycall_metadata_free" c_metadata_free :: Ptr MetadataHandle -> IO ()
foreign import ccall unsafe "polycall_metadata_add"
  c_metadata_add :: Ptr MetadataHandle -> CString -> CString -> CSize -> Ptr StatusStruct -> IO Int32
foreign import ccall unsafe "polycall_metadata_count"
  c_metadata_count :: Ptr MetadataHandle -> IO CSize
foreign import ccall unsafe "polycall_metadata_get"
  c_metadata_get
    :: Ptr MetadataHandle -> CSize -> Ptr CString -> Ptr CString -> Ptr CSize -> IO CInt

foreign import ccall safe "polycall_channel_new"
  c_channel_new :: CString -> Ptr () -> Ptr StatusStruct -> IO (Ptr ChannelHandle)
foreign import ccall safe "polycall_channel_free" c_channel_free :: Ptr ChannelHandle -> IO ()
foreign import ccall safe "polycall_hs_method"
  c_method
    :: Ptr ChannelHandle -> CString -> CString -> Int32 -> Word32 -> Int64 -> CString -> CString
    -> IO (Ptr MethodHandle)
foreign import ccall safe "polycall_channel_get_state"
  c_channel_state :: Ptr ChannelHandle -> IO CInt
foreign import ccall safe "polycall_channel_wait_ready"
  c_wait_ready :: Ptr ChannelHandle -> Int64 -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_channel_transport"
  c_transport :: Ptr ChannelHandle -> IO CString
foreign import ccall safe "polycall_channel_explain" c_explain :: Ptr ChannelHandle -> IO CString
foreign import ccall unsafe "polycall_string_free" c_string_free :: CString -> IO ()
foreign import ccall safe "polycall_channel_ping"
  c_ping :: Ptr ChannelHandle -> Int64 -> Ptr Int64 -> Ptr StatusStruct -> IO Int32

foreign import ccall interruptible "polycall_hs_unary"
  c_unary
    :: Ptr ChannelHandle -> Ptr MethodHandle -> Ptr OptionsStruct -> Ptr Word8 -> CSize
    -> Ptr TypeTable -> Ptr TypeTable -> Ptr UnaryStruct -> CInt -> IO Int32
foreign import ccall safe "polycall_unary_call_async"
  c_unary_async
    :: Ptr ChannelHandle -> Ptr UnaryStruct -> FunPtr UnaryFn -> Ptr () -> Ptr (Ptr CallHandle)
    -> IO ()
foreign import ccall safe "polycall_call_start"
  c_call_start
    :: Ptr ChannelHandle -> Ptr MethodHandle -> Ptr OptionsStruct -> IO (Ptr CallHandle)
foreign import ccall interruptible "polycall_hs_receive"
  c_receive :: Ptr CallHandle -> Ptr MessageStruct -> IO CInt
foreign import ccall interruptible "polycall_hs_send"
  c_send
    :: Ptr CallHandle -> Ptr Word8 -> CSize -> Ptr TypeTable -> Word32 -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_call_half_close" c_half_close :: Ptr CallHandle -> IO Int32
foreign import ccall interruptible "polycall_hs_wait"
  c_wait :: Ptr CallHandle -> Ptr StatusStruct -> Ptr (Ptr MetadataHandle) -> IO Int32
foreign import ccall interruptible "polycall_hs_initial_metadata"
  c_initial_metadata :: Ptr CallHandle -> IO (Ptr MetadataHandle)
foreign import ccall safe "polycall_call_cancel"
  c_cancel :: Ptr CallHandle -> Int32 -> CString -> IO ()
foreign import ccall safe "polycall_call_release" c_call_release :: Ptr CallHandle -> IO ()
foreign import ccall "&polycall_call_release" p_call_release :: FunPtr (Ptr CallHandle -> IO ())

foreign import ccall unsafe "polycall_call_service" c_call_service :: Ptr CallHandle -> IO CString
foreign import ccall unsafe "polycall_call_method" c_call_method :: Ptr CallHandle -> IO CString
foreign import ccall unsafe "polycall_call_kind" c_call_kind :: Ptr CallHandle -> IO Int32
foreign import ccall unsafe "polycall_call_time_left" c_time_left :: Ptr CallHandle -> IO Int64
foreign import ccall unsafe "polycall_call_transport"
  c_call_transport :: Ptr CallHandle -> IO CString
foreign import ccall unsafe "polycall_call_peer"
  c_call_peer :: Ptr CallHandle -> CString -> CSize -> IO CSize
foreign import ccall unsafe "polycall_call_identity"
  c_call_identity :: Ptr CallHandle -> Ptr a -> IO Int32
foreign import ccall unsafe "polycall_call_metadata"
  c_call_metadata :: Ptr CallHandle -> IO (Ptr MetadataHandle)
foreign import ccall safe "polycall_call_send_initial_metadata"
  c_send_initial_metadata
    :: Ptr CallHandle -> Ptr MetadataHandle -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_call_set_trailing_metadata"
  c_set_trailing_metadata
    :: Ptr CallHandle -> Ptr MetadataHandle -> Ptr StatusStruct -> IO Int32
foreign import ccall unsafe "polycall_call_is_cancelled"
  c_is_cancelled :: Ptr CallHandle -> IO CInt
foreign import ccall safe "polycall_call_on_cancel"
  c_on_cancel :: Ptr CallHandle -> FunPtr ArgFn -> Ptr () -> IO ()
foreign import ccall safe "polycall_hs_handler_send"
  c_handler_send
    :: Ptr CallHandle -> Ptr Word8 -> CSize -> Ptr TypeTable -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_call_receive"
  c_handler_receive :: Ptr CallHandle -> Ptr MessageStruct -> IO CInt
foreign import ccall safe "polycall_hs_finish"
  c_finish :: Ptr CallHandle -> Ptr Word8 -> CSize -> Ptr TypeTable -> IO ()
foreign import ccall safe "polycall_hs_finish_status"
  c_finish_status :: Ptr CallHandle -> Int32 -> CString -> CString -> CSize -> IO ()

foreign import ccall safe "polycall_server_new"
  c_server_new :: Ptr () -> Ptr StatusStruct -> IO (Ptr ServerHandle)
foreign import ccall safe "polycall_server_free" c_server_free :: Ptr ServerHandle -> IO ()
foreign import ccall unsafe "polycall_hs_service_new"
  c_service_new :: CString -> CSize -> Ptr () -> CSize -> Word64 -> IO (Ptr ServiceHandle)
foreign import ccall unsafe "polycall_hs_service_method"
  c_service_method
    :: Ptr ServiceHandle -> CSize -> CString -> Int32 -> Word32 -> Int64 -> CString -> CString
    -> FunPtr HandlerFn -> Word32 -> Ptr TypeTable -> IO ()
foreign import ccall safe "polycall_hs_service_add"
  c_service_add
    :: Ptr ServiceHandle -> Ptr ServerHandle -> Ptr () -> FunPtr ArgFn -> Ptr StatusStruct
    -> IO Int32
foreign import ccall unsafe "polycall_server_allow"
  c_server_allow
    :: Ptr ServerHandle -> CString -> Ptr CString -> CSize -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_server_listen"
  c_server_listen
    :: Ptr ServerHandle -> CString -> CString -> CSize -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_server_start"
  c_server_start :: Ptr ServerHandle -> Ptr StatusStruct -> IO Int32
foreign import ccall safe "polycall_server_shutdown"
  c_server_shutdown :: Ptr ServerHandle -> Int64 -> IO ()
foreign import ccall safe "polycall_server_wait"
  c_server_wait :: Ptr ServerHandle -> Int64 -> IO Int32
foreign import ccall safe "polycall_server_set_serving"
  c_server_set_serving :: Ptr ServerHandle -> CString -> CInt -> IO ()
foreign import ccall safe "polycall_server_get_stats"
  c_server_stats :: Ptr ServerHandle -> Ptr () -> IO ()
foreign import ccall safe "polycall_server_run_worker"
  c_run_worker :: Ptr ServerHandle -> Int64 -> IO Int32

foreign import ccall safe "polycall_log_set"
  c_log_set :: CInt -> FunPtr (Ptr () -> CInt -> CString -> IO ()) -> Ptr () -> IO ()
