package symbolic;

import java.math.BigDecimal;
import symbolic.v1.Application;
import symbolic.v1.Expression;
import symbolic.v1.Operation;

/** Computes an expression with as many digits as wanted. */
final class BigEvaluator {
  /** The tree has a hole or a part that is not known here. */
  static final class BadTree extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    BadTree(String what) {
      super(what);
    }
  }

  private final BigFunctions functions;

  BigEvaluator(int digits) {
    functions = new BigFunctions(digits);
  }

  /**
   * The value of {@code node} at {@code x}.
   *
   * @throws BigFunctions.NoValue where it has none
   */
  BigDecimal evaluate(Expression node, BigDecimal x) {
    switch (node.getNodeCase()) {
      case NUMBER:
        if (!Double.isFinite(node.getNumber())) {
          throw new BigFunctions.NoValue("not a number");
        }
        return new BigDecimal(node.getNumber());
      case SYMBOL:
        switch (node.getSymbol()) {
          case SYMBOL_X:
            return x;
          case SYMBOL_PI:
            return functions.pi();
          case SYMBOL_E:
            return functions.e();
          default:
            throw new BadTree("the expression has a symbol that I do not know");
        }
      case APPLICATION:
        return apply(node.getApplication(), x);
      case OPERATION:
        return operate(node.getOperation(), x);
      default:
        throw new BadTree("the expression lacks a part: a node is empty");
    }
  }

  private BigDecimal apply(Application application, BigDecimal x) {
    BigDecimal argument = evaluate(application.getArgument(), x);
    switch (application.getFunction()) {
      case FUNCTION_NEGATE:
        return argument.negate();
      case FUNCTION_SIN:
        return functions.sin(argument);
      case FUNCTION_COS:
        return functions.cos(argument);
      case FUNCTION_TAN:
        return functions.tan(argument);
      case FUNCTION_EXP:
        return functions.exp(argument);
      case FUNCTION_LOG:
        return functions.log(argument);
      case FUNCTION_SQRT:
        return functions.sqrt(argument);
      case FUNCTION_ABS:
        return argument.abs();
      case FUNCTION_SIGN:
        return BigDecimal.valueOf(argument.signum());
      default:
        throw new BadTree("the expression has a function that I do not know");
    }
  }

  private BigDecimal operate(Operation operation, BigDecimal x) {
    BigDecimal left = evaluate(operation.getLeft(), x);
    BigDecimal right = evaluate(operation.getRight(), x);
    switch (operation.getOperator()) {
      case OPERATOR_ADD:
        return left.add(right, functions.context());
      case OPERATOR_SUBTRACT:
        return left.subtract(right, functions.context());
      case OPERATOR_MULTIPLY:
        return left.multiply(right, functions.context());
      case OPERATOR_DIVIDE:
        return functions.divide(left, right);
      case OPERATOR_POWER:
        return functions.power(left, right);
      default:
        throw new BadTree("the expression has an operator that I do not know");
    }
  }
}
