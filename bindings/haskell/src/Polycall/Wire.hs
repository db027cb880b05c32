-- |
-- What generated code stands on. Programs need none of it.
module Polycall.Wire
  ( module Polycall.Message
  , module Polycall.Wire.Parse
  , module Polycall.Wire.Scalar
  , module Polycall.Wire.Write
  , module Polycall.Wire.Types
  ) where

import Polycall.Message
import Polycall.Wire.Parse
import Polycall.Wire.Scalar
import Polycall.Wire.Types
import Polycall.Wire.Write
