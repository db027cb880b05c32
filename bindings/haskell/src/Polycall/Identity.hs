-- |
-- Who a caller is, as far as somebody vouches for it.
module Polycall.Identity
  ( Identity (..)
  , readIdentity
  ) where

import qualified Data.ByteString as ByteString
import Data.Text (Text)
import qualified Data.Text.Encoding as Text
import qualified Data.Text.Encoding.Error as Text
import Data.Word (Word64)
import Foreign.C.String (CString)
import Foreign.Marshal.Alloc (allocaBytesAligned)
import Foreign.Marshal.Array (peekArray)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (Ptr, nullPtr)
import Foreign.Storable (peekByteOff, pokeByteOff)
import Polycall.Foreign

-- | The peer of a call.
data Identity = Identity
  { identitySubject :: !(Maybe Text)
    -- ^ The certificate's subject, @CN=calc,O=example@; 'Nothing' when there is no certificate.
  , identityNames :: ![Text]
    -- ^ Over TLS the certificate's alternative names, each with its kind: @DNS:calc.example@,
    -- @URI:spiffe:\/\/example\/calc@, @IP:10.0.0.7@, @EMAIL:ada\@example@; within a host @UID:1000@,
    -- vouched for by the kernel.
  }
  deriving (Eq, Show)

-- | 'Nothing' when nobody vouches for the peer.
readIdentity :: Ptr CallHandle -> IO (Maybe Identity)
readIdentity call = allocaBytesAligned size 8 $ \struct -> do
  fillBytes struct 0 size
  pokeByteOff struct 0 (fromIntegral size :: Word64)
  known <- c_call_identity call struct
  if known == 0 then return Nothing else do
    subject <- peekByteOff struct 8 :: IO CString
    names <- peekByteOff struct 16 :: IO (Ptr CString)
    count <- peekByteOff struct 24 :: IO Word64
    subjectText <- if subject == nullPtr then return Nothing else Just <$> text subject
    nameTexts <- peekArray (fromIntegral count) names >>= mapM text
    return (Just (Identity subjectText nameTexts))
  where
    size = 32
    text at = Text.decodeUtf8With Text.lenientDecode <$> ByteString.packCString at
