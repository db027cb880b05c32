-- | What the tests say.
module Expect
  ( check
  , expectStatus
  ) where

import Control.Exception
import Control.Monad
import Polycall

check :: String -> Bool -> IO ()
check what holds = unless holds (throwIO (userError what))

expectStatus :: StatusCode -> Either Status a -> IO Status
expectStatus code outcome = case outcome of
  Right _ -> throwIO (userError ("expected " ++ show code ++ ", found Ok"))
  Left found -> do
    check ("expected " ++ show code ++ ", found " ++ show found) (statusCode found == code)
    return found
