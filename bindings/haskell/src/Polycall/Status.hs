-- |
-- How a call ends: a canonical code, a message and details.
--
-- A 'Status' that is not 'Ok' is an exception too: @...OrThrow@ functions throw it, and a handler
-- throws it to end its call with it.
module Polycall.Status
  ( Status (..)
  , StatusCode (..)
  , status
  , okStatus
  , throwStatus
  , statusCodeNumber
  , statusCodeFromNumber
  ) where

import Control.Exception (Exception (..), throwIO)
import Data.ByteString (ByteString)
import qualified Data.ByteString as ByteString
import Data.Text (Text)
import qualified Data.Text as Text

-- | Canonical codes with gRPC's numbers, in their order; each says what the caller may do.
data StatusCode
  = Ok
  | Cancelled -- ^ The caller cancelled; do not retry.
  | Unknown -- ^ The handler failed without saying how; do not retry.
  | InvalidArgument -- ^ Wrong whatever the state; do not retry.
  | DeadlineExceeded -- ^ May have taken effect; retry only if idempotent.
  | NotFound -- ^ Do not retry.
  | AlreadyExists -- ^ Do not retry.
  | PermissionDenied -- ^ Do not retry.
  | ResourceExhausted -- ^ A limit was met; retry later, or with less.
  | FailedPrecondition -- ^ Retry after the state was mended.
  | Aborted -- ^ A conflict; retry higher up (the whole transaction).
  | OutOfRange -- ^ Do not retry.
  | Unimplemented -- ^ No such service or method; do not retry.
  | Internal -- ^ An invariant broke; do not retry.
  | Unavailable -- ^ The peer is not there now; retry the call, with back-off.
  | DataLoss -- ^ Do not retry.
  | Unauthenticated -- ^ Retry with credentials.
  deriving (Eq, Ord, Show, Enum, Bounded)

-- | The outcome of a call or function.
data Status = Status
  { statusCode :: !StatusCode
  , statusMessage :: !Text
  , statusDetails :: !ByteString
    -- ^ A serialized @google.rpc.Status@ (what gRPC sends as @grpc-status-details-bin@); mostly empty.
  }
  deriving (Eq, Show)

instance Exception Status where
  displayException (Status code message _) = name code ++ separator ++ Text.unpack message
    where
      name = show
      separator = if Text.null message then "" else ": "

-- | A status without details.
status :: StatusCode -> Text -> Status
status code message = Status code message ByteString.empty

-- | Success.
okStatus :: Status
okStatus = status Ok Text.empty

-- | Throws a status without details: how a handler ends its call with another status than 'Ok'.
throwStatus :: StatusCode -> Text -> IO a
throwStatus code message = throwIO (status code message)

-- | gRPC's number of a code.
statusCodeNumber :: StatusCode -> Int
statusCodeNumber = fromEnum

-- | The code of a number; 'Unknown' for a number that is none.
statusCodeFromNumber :: Int -> StatusCode
statusCodeFromNumber number
  | number >= 0 && number <= fromEnum (maxBound :: StatusCode) = toEnum number
  | otherwise = Unknown
