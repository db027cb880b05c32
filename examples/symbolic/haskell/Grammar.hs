-- | Expressions in x, from text.
--
-- > sum     = product { ("+" | "-") product }
-- > product = signed { ("*" | "/") signed }
-- > signed  = "-" signed | power
-- > power   = atom [ "^" signed ]
-- > atom    = number | "x" | "pi" | "e" | function "(" sum ")" | "(" sum ")"
module Grammar (Tree (..), Problem (..), parse) where

import Data.Char (isAlpha, isDigit, isSpace)
import Data.List (intercalate)

-- | A syntax tree, with the names as they stand in the text.
data Tree
  = Number !Double
  | Symbol !String
  | Apply !String Tree
  | Operate !Char Tree Tree
  deriving (Eq, Show)

-- | The character at which a text stops being an expression, and what is wrong there.
data Problem = Problem {problemPosition :: !Int, problemMessage :: !String}
  deriving (Eq, Show)

-- | What is left of the text, with the position of its first character.
data Input = Input !Int String

type Parser a = Input -> Either Problem (a, Input)

functions, symbols :: [String]
functions = ["sin", "cos", "tan", "exp", "log", "sqrt", "abs", "sign"]
symbols = ["x", "pi", "e"]

-- | Messages may be nested 100 deep, and each level of a tree takes two.
deepest :: Int
deepest = 45

-- | Longer texts are refused before they are read.
longest :: Int
longest = 10000

-- | The tree of an expression, or where and why the text is none.
parse :: String -> Either Problem Tree
parse text
  | length (take (longest + 1) text) > longest =
      Left (Problem longest ("the expression is longer than " ++ show longest ++ " characters"))
  | otherwise = do
      (tree, rest) <- parseSum 0 (Input 0 text)
      case skipSpace rest of
        Input _ "" | depth tree <= deepest -> Right tree
        Input _ "" ->
          Left (Problem 0 ("the expression is nested more than " ++ show deepest ++ " deep"))
        at -> unexpected at ["an operator", "the end"]

depth :: Tree -> Int
depth (Apply _ a) = 1 + depth a
depth (Operate _ a b) = 1 + max (depth a) (depth b)
depth _ = 1

parseSum :: Int -> Parser Tree
parseSum level input
  | level > deepest = failAt input ("parentheses are nested more than " ++ show deepest ++ " deep")
  | otherwise = leftToRight "+-" (leftToRight "*/" (parseSigned level)) input

leftToRight :: [Char] -> Parser Tree -> Parser Tree
leftToRight operators operand input = operand input >>= uncurry continue
  where
    continue left rest = case skipSpace rest of
      Input at (c : more) | c `elem` operators -> do
        (right, rest') <- operand (Input (at + 1) more)
        continue (Operate c left right) rest'
      _ -> Right (left, rest)

parseSigned :: Int -> Parser Tree
parseSigned level input
  | level > deepest = failAt input ("signs and powers are nested more than " ++ show deepest ++ " deep")
  | otherwise = case skipSpace input of
      Input at ('-' : rest) -> do
        (tree, rest') <- parseSigned (level + 1) (Input (at + 1) rest)
        Right (Apply "-" tree, rest')
      _ -> parsePower level input

parsePower :: Int -> Parser Tree
parsePower level input = do
  (base, rest) <- parseAtom level input
  case skipSpace rest of
    Input at ('^' : more) -> do
      (exponent', rest') <- parseSigned (level + 1) (Input (at + 1) more)
      Right (Operate '^' base exponent', rest')
    _ -> Right (base, rest)

parseAtom :: Int -> Parser Tree
parseAtom level input = case skipSpace input of
  at@(Input position (c : rest))
    | c == '(' -> parenthesised level (Input (position + 1) rest)
    | isDigit c || c == '.' -> parseNumber at
    | isAlpha c -> parseName level at
  at -> unexpected at ["a number", "x", "pi", "e", "a function", "'('", "'-'"]

parenthesised :: Int -> Parser Tree
parenthesised level input = do
  (tree, rest) <- parseSum (level + 1) input
  case skipSpace rest of
    Input at (')' : more) -> Right (tree, Input (at + 1) more)
    at -> unexpected at ["an operator", "')'"]

parseNumber :: Parser Tree
parseNumber input@(Input position text)
  | null (whole ++ fraction) = failAt input "a point without digits is no number"
  | isInfinite value = failAt input "the number is too large"
  | otherwise = Right (Number value, Input (position + length taken) rest)
  where
    (whole, afterWhole) = span isDigit text
    (fraction, afterFraction) = case afterWhole of
      '.' : more -> span isDigit more
      _ -> ("", afterWhole)
    point = case afterWhole of
      '.' : _ -> "."
      _ -> ""
    (power, rest) = scientific afterFraction
    taken = whole ++ point ++ fraction ++ power
    value = read (orZero whole ++ "." ++ orZero fraction ++ power) :: Double
    orZero digits = if null digits then "0" else digits

-- | The "e-3" of 1.5e-3. Three digits at most: no double has more.
scientific :: String -> (String, String)
scientific ('e' : more) = case more of
  sign : digits | sign `elem` "+-", (d@(_ : _), rest) <- span isDigit digits, length d <= 3 -> (signed sign d, rest)
  digits | (d@(_ : _), rest) <- span isDigit digits, length d <= 3 -> ('e' : d, rest)
  _ -> ("", 'e' : more)
  where
    signed sign digits = if sign == '-' then "e-" ++ digits else "e+" ++ digits
scientific text = ("", text)

parseName :: Int -> Parser Tree
parseName level at@(Input position text)
  | name `elem` symbols = Right (Symbol name, after)
  | name `elem` functions = case skipSpace after of
      Input open ('(' : more) -> do
        (argument, rest') <- parenthesised level (Input (open + 1) more)
        Right (Apply name argument, rest')
      other -> unexpected other ["'(' after " ++ name]
  | otherwise =
      failAt at ("I do not know '" ++ name ++ "'; there are " ++ intercalate ", " (symbols ++ functions))
  where
    (name, rest) = span (\c -> isAlpha c || isDigit c) text
    after = Input (position + length name) rest

skipSpace :: Input -> Input
skipSpace (Input position text) = Input (position + length space) rest
  where
    (space, rest) = span isSpace text

failAt :: Input -> String -> Either Problem a
failAt (Input position _) = Left . Problem position

unexpected :: Input -> [String] -> Either Problem a
unexpected at@(Input _ text) expected = failAt at ("unexpected " ++ found ++ ", expected " ++ oneOf expected)
  where
    found = case text of
      "" -> "end"
      c : _ -> "'" ++ [c] ++ "'"
    oneOf [] = "nothing"
    oneOf [only] = only
    oneOf several = intercalate ", " (init several) ++ " or " ++ last several
