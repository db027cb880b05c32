package symbolic;

import io.polycall.Requests;
import io.polycall.Responses;
import io.polycall.Server;
import io.polycall.ServerContext;
import io.polycall.StatusCode;
import io.polycall.StatusException;
import java.math.BigDecimal;
import java.math.MathContext;
import symbolic.v1.CheckRequest;
import symbolic.v1.CheckerService;
import symbolic.v1.Expression;
import symbolic.v1.Verdict;

/** The Checker service. A module for a host: {@link #register} adds it to a server. */
public final class CheckerModule extends CheckerService {
  private static final int DEFAULT_DIGITS = 50;
  private static final int MOST_DIGITS = 1000;

  /** Adds the service to {@code server}. */
  public static void register(Server server) {
    server.add(new CheckerModule());
  }

  @Override
  public void check(
      Requests<CheckRequest> requests, Responses<Verdict> verdicts, ServerContext context) {
    Expression expression = null;
    BigEvaluator evaluator = null;
    int digits = DEFAULT_DIGITS;
    for (CheckRequest request : requests) {
      if (expression == null) {
        if (!request.hasExpression()) {
          throw refused("the first request has to carry the expression");
        }
        expression = request.getExpression();
        digits = request.getDigits() == 0 ? DEFAULT_DIGITS : request.getDigits();
        if (digits < 0 || digits > MOST_DIGITS) {
          throw refused("digits may be 1 to " + MOST_DIGITS);
        }
        evaluator = new BigEvaluator(digits);
      }
      verdicts.send(judge(evaluator, expression, request, digits));
    }
  }

  private static Verdict judge(
      BigEvaluator evaluator, Expression expression, CheckRequest request, int digits) {
    Verdict.Builder verdict = Verdict.newBuilder().setX(request.getX());
    if (!Double.isFinite(request.getX())) {
      throw refused("x is not a number");
    }
    try {
      BigDecimal exact = evaluator.evaluate(expression, new BigDecimal(request.getX()));
      verdict.setExact(exact.round(new MathContext(digits)).toString());
      verdict.setErrorUlps(errorInUlps(exact, request.getValue()));
    } catch (BigFunctions.NoValue noValue) {
      // No value is what the caller should have, too.
      verdict.setErrorUlps(Double.isFinite(request.getValue()) ? Double.POSITIVE_INFINITY : 0);
    } catch (BigEvaluator.BadTree bad) {
      throw refused(bad.getMessage());
    }
    return verdict.build();
  }

  private static double errorInUlps(BigDecimal exact, double value) {
    if (!Double.isFinite(value)) {
      return Double.POSITIVE_INFINITY;
    }
    BigDecimal ulp = new BigDecimal(Math.ulp(exact.doubleValue()));
    return exact
        .subtract(new BigDecimal(value))
        .abs()
        .divide(ulp, MathContext.DECIMAL64)
        .doubleValue();
  }

  private static StatusException refused(String what) {
    return new StatusException(StatusCode.INVALID_ARGUMENT, what);
  }
}
