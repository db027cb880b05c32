{-# LANGUAGE ForeignFunctionInterface #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The Parser service. A module for a host: its exported function adds it to a server.
module Parser (polycall_register) where

import qualified Data.Text as Text
import Grammar (Problem (..), Tree (..))
import qualified Grammar
import Polycall
import Polycall.Host
import Proto.Symbolic

foreign export ccall polycall_register :: Register

polycall_register :: Register
polycall_register = hosted $ \server -> addService server (serveParser handlers)

handlers :: ParserHandlers
handlers = parserHandlers {parserParseHandler = \_ request -> return (answer request)}

answer :: ParseRequest -> ParseReply
answer request = defaultMessage {parseReplyResult = Just result}
  where
    result = case Grammar.parse (Text.unpack (parseRequestText request)) of
      Right tree -> ParseReplyResultExpression (message tree)
      Left problem ->
        ParseReplyResultError
          defaultMessage
            { syntaxErrorPosition = fromIntegral (problemPosition problem),
              syntaxErrorMessage = Text.pack (problemMessage problem)
            }

message :: Tree -> Expression
message tree = defaultMessage {expressionNode = Just node}
  where
    node = case tree of
      Number value -> ExpressionNodeNumber value
      Symbol name -> ExpressionNodeSymbol (symbol name)
      Apply name argument ->
        ExpressionNodeApplication
          defaultMessage
            { applicationFunction = function name,
              applicationArgument = Just (message argument)
            }
      Operate sign left right ->
        ExpressionNodeOperation
          defaultMessage
            { operationOperator = operator sign,
              operationLeft = Just (message left),
              operationRight = Just (message right)
            }

symbol :: String -> Symbol
symbol "x" = SymbolX
symbol "pi" = SymbolPi
symbol "e" = SymbolE
symbol _ = SymbolUnspecified

function :: String -> Function
function name = case name of
  "-" -> FunctionNegate
  "sin" -> FunctionSin
  "cos" -> FunctionCos
  "tan" -> FunctionTan
  "exp" -> FunctionExp
  "log" -> FunctionLog
  "sqrt" -> FunctionSqrt
  "abs" -> FunctionAbs
  "sign" -> FunctionSign
  _ -> FunctionUnspecified

operator :: Char -> Operator
operator sign = case sign of
  '+' -> OperatorAdd
  '-' -> OperatorSubtract
  '*' -> OperatorMultiply
  '/' -> OperatorDivide
  '^' -> OperatorPower
  _ -> OperatorUnspecified
