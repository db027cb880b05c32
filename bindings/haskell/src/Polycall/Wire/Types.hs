-- |
-- The types of fields, under one name, for generated code.
module Polycall.Wire.Types
  ( Bool (..)
  , ByteString
  , Double
  , Eq (..)
  , Float
  , IO
  , Int
  , Int32
  , Int64
  , Map
  , Maybe (..)
  , Ord (..)
  , Show
  , String
  , Text
  , Vector
  , Word32
  , Word64
  , bytesLiteral
  , emptyBytes
  , emptyMap
  , emptyText
  , emptyVector
  , infinity
  , isEmptyBytes
  , isEmptyText
  , nan
  , textLiteral
  , return
  , (>>=)
  , (<>)
  , (+)
  , ($)
  , fmap
  , mempty
  , negate
  , not
  , otherwise
  ) where

import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import qualified Data.ByteString.Char8 as Char8
import Data.Int (Int32, Int64)
import Data.Map.Strict (Map)
import qualified Data.Map.Strict as Map
import Data.Text (Text)
import qualified Data.Text as Text
import Data.Word (Word32, Word64)
import Polycall.Vector (Vector)
import qualified Polycall.Vector as Vector

-- | No bytes.
emptyBytes :: ByteString
emptyBytes = ByteString.empty

-- | No text.
emptyText :: Text
emptyText = Text.empty

-- | No elements.
emptyVector :: Vector a
emptyVector = Vector.empty

-- | No entries.
emptyMap :: Map k v
emptyMap = Map.empty

-- | Bytes of characters below 256.
bytesLiteral :: String -> ByteString
bytesLiteral = Char8.pack

-- | Text of characters.
textLiteral :: String -> Text
textLiteral = Text.pack

-- | Whether there is no byte.
isEmptyBytes :: ByteString -> Bool
isEmptyBytes = ByteString.null

-- | Whether there is no character.
isEmptyText :: Text -> Bool
isEmptyText = Text.null

-- | More than every number.
infinity :: Fractional a => a
infinity = 1 / 0

-- | No number.
nan :: Fractional a => a
nan = 0 / 0
