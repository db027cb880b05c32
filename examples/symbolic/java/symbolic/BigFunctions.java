package symbolic;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Elementary functions of {@link BigDecimal}s, to a number of digits.
 *
 * <p>Each reduces its argument until the Taylor series converges fast, and computes with some more
 * digits than it promises. Results are right to the last digit but one or two.
 */
final class BigFunctions {
  /** What has no real value: the logarithm of -1, a division by zero. */
  static final class NoValue extends ArithmeticException {
    private static final long serialVersionUID = 1;

    NoValue(String what) {
      super(what);
    }
  }

  private static final int GUARD_DIGITS = 20;
  private static final int LARGEST_EXPONENT = 100_000;
  private static final BigDecimal TWO = BigDecimal.valueOf(2);

  private final MathContext context;
  private final BigDecimal pi;
  private final BigDecimal e;

  BigFunctions(int digits) {
    context = new MathContext(digits + GUARD_DIGITS, RoundingMode.HALF_EVEN);
    // Machin's formula.
    pi =
        arcTangentOfInverse(5)
            .multiply(BigDecimal.valueOf(16))
            .subtract(arcTangentOfInverse(239).multiply(BigDecimal.valueOf(4)), context);
    e = expSeries(BigDecimal.ONE);
  }

  MathContext context() {
    return context;
  }

  BigDecimal pi() {
    return pi;
  }

  BigDecimal e() {
    return e;
  }

  BigDecimal exp(BigDecimal x) {
    if (x.abs().compareTo(BigDecimal.valueOf(LARGEST_EXPONENT)) > 0) {
      throw new NoValue("exp of a number beyond " + LARGEST_EXPONENT);
    }
    // exp(x) = exp(x / 2^k) ^ 2^k, with x / 2^k below 1/256.
    int halvings = Math.max(0, exponentOfTwo(x) + 8);
    BigDecimal small = x.divide(new BigDecimal(BigInteger.ONE.shiftLeft(halvings)), wider(halvings));
    BigDecimal result = expSeries(small, wider(halvings));
    for (int i = 0; i < halvings; ++i) {
      result = result.multiply(result, wider(halvings));
    }
    return result.round(context);
  }

  BigDecimal log(BigDecimal x) {
    if (x.signum() <= 0) {
      throw new NoValue("log of a number that is not positive");
    }
    // Newton's method for exp(y) = x, which doubles the digits in each step; a double starts it.
    int shift = x.precision() - x.scale();
    BigDecimal mantissa = x.movePointLeft(shift);
    BigDecimal y = new BigDecimal(Math.log(mantissa.doubleValue()));
    for (int digits = 15; digits < 2 * context.getPrecision(); digits *= 2) {
      BigDecimal power = exp(y);
      y =
          y.add(
              TWO.multiply(mantissa.subtract(power))
                  .divide(mantissa.add(power, context), context),
              context);
    }
    return shift == 0 ? y : y.add(logOfTen().multiply(BigDecimal.valueOf(shift)), context);
  }

  BigDecimal sin(BigDecimal x) {
    return sinReduced(reduce(x));
  }

  BigDecimal cos(BigDecimal x) {
    return sinReduced(reduce(x.add(pi.divide(TWO, context))));
  }

  BigDecimal tan(BigDecimal x) {
    return divide(sin(x), cos(x));
  }

  BigDecimal sqrt(BigDecimal x) {
    if (x.signum() < 0) {
      throw new NoValue("square root of a negative number");
    }
    return x.sqrt(context);
  }

  BigDecimal divide(BigDecimal x, BigDecimal y) {
    if (y.signum() == 0) {
      throw new NoValue("division by zero");
    }
    return x.divide(y, context);
  }

  /** The power as a double's pow() has it: whole exponents of any base, others of positive ones. */
  BigDecimal power(BigDecimal base, BigDecimal exponent) {
    if (exponent.signum() == 0) {
      return BigDecimal.ONE;
    }
    if (base.signum() == 0) {
      if (exponent.signum() < 0) {
        throw new NoValue("a negative power of zero");
      }
      return BigDecimal.ZERO;
    }
    boolean whole = exponent.stripTrailingZeros().scale() <= 0;
    if (whole && exponent.abs().compareTo(BigDecimal.valueOf(10_000)) <= 0) {
      int n = exponent.intValueExact();
      BigDecimal result = base.pow(Math.abs(n), context);
      return n > 0 ? result : BigDecimal.ONE.divide(result, context);
    }
    if (base.signum() < 0) {
      throw new NoValue("a broken power of a negative number");
    }
    return exp(exponent.multiply(log(base), context));
  }

  private BigDecimal logOfTen() {
    BigDecimal y = new BigDecimal(Math.log(10));
    for (int digits = 15; digits < 2 * context.getPrecision(); digits *= 2) {
      BigDecimal power = exp(y);
      y =
          y.add(
              TWO.multiply(BigDecimal.TEN.subtract(power))
                  .divide(BigDecimal.TEN.add(power, context), context),
              context);
    }
    return y;
  }

  /** x modulo 2 pi, in (-pi, pi]; with as many more digits of pi as x has before its point. */
  private BigDecimal reduce(BigDecimal x) {
    int before = Math.max(0, x.precision() - x.scale());
    if (before > context.getPrecision() / 2) {
      throw new NoValue("an angle too large to reduce");
    }
    BigDecimal fullPi = before <= 2 ? pi : new BigFunctions(context.getPrecision() + before).pi;
    BigDecimal turn = fullPi.multiply(TWO);
    BigDecimal turns = x.divide(turn, 0, RoundingMode.HALF_EVEN);
    return x.subtract(turns.multiply(turn));
  }

  private BigDecimal sinReduced(BigDecimal x) {
    // Three times: sin(3t) = 3 sin(t) - 4 sin(t)^3.
    final int thirds = 5;
    MathContext wide = wider(thirds);
    BigDecimal t = x.divide(BigDecimal.valueOf(3).pow(thirds), wide);
    BigDecimal square = t.multiply(t, wide);
    BigDecimal term = t;
    BigDecimal sum = t;
    for (int n = 2; term.signum() != 0 && !negligible(term, sum, wide); n += 2) {
      term = term.multiply(square, wide).divide(BigDecimal.valueOf(-(long) n * (n + 1)), wide);
      sum = sum.add(term, wide);
    }
    for (int i = 0; i < thirds; ++i) {
      BigDecimal cube = sum.multiply(sum, wide).multiply(sum, wide);
      sum =
          sum.multiply(BigDecimal.valueOf(3))
              .subtract(cube.multiply(BigDecimal.valueOf(4)), wide);
    }
    return sum.round(context);
  }

  private BigDecimal expSeries(BigDecimal x) {
    return expSeries(x, context);
  }

  private static BigDecimal expSeries(BigDecimal x, MathContext wide) {
    BigDecimal term = BigDecimal.ONE;
    BigDecimal sum = BigDecimal.ONE;
    for (int n = 1; term.signum() != 0 && !negligible(term, sum, wide); ++n) {
      term = term.multiply(x, wide).divide(BigDecimal.valueOf(n), wide);
      sum = sum.add(term, wide);
    }
    return sum;
  }

  private BigDecimal arcTangentOfInverse(int inverse) {
    MathContext wide = wider(8);
    BigDecimal square = BigDecimal.valueOf((long) inverse * inverse);
    BigDecimal power = BigDecimal.ONE.divide(BigDecimal.valueOf(inverse), wide);
    BigDecimal sum = power;
    for (int n = 3; ; n += 2) {
      power = power.divide(square, wide).negate();
      BigDecimal term = power.divide(BigDecimal.valueOf(n), wide);
      if (negligible(term, sum, wide)) {
        return sum;
      }
      sum = sum.add(term, wide);
    }
  }

  private static boolean negligible(BigDecimal term, BigDecimal sum, MathContext wide) {
    return sum.signum() != 0
        && magnitude(term) < magnitude(sum) - wide.getPrecision() - 2;
  }

  private static int magnitude(BigDecimal x) {
    return x.precision() - x.scale();
  }

  private MathContext wider(int digits) {
    return new MathContext(context.getPrecision() + digits, RoundingMode.HALF_EVEN);
  }

  private static int exponentOfTwo(BigDecimal x) {
    return x.signum() == 0 ? -16 : (int) Math.ceil(magnitude(x) * 3.33);
  }
}
