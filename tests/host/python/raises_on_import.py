import math

math.sqrt("text")
