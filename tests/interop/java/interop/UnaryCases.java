package interop;

import java.util.Map;

/** Calls with one message each way. */
final class UnaryCases {
  static final Map<String, Client.Case> CASES =
      Map.of(
          "empty_unary", Context::callEmpty,
          "large_unary", context -> Context.callLargeUnary(context.test));

  private UnaryCases() {}
}
