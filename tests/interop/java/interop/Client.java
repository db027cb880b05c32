package interop;

import io.polycall.Channel;
import java.util.HashMap;
import java.util.Map;

/** Finds a case by its name and runs it on a channel of its own. */
final class Client {
  interface Case {
    void run(Context context) throws Exception;
  }

  private static final Map<String, Case> CASES = new HashMap<>();

  static {
    CASES.putAll(UnaryCases.CASES);
    CASES.putAll(StreamCases.CASES);
    CASES.putAll(StatusCases.CASES);
    CASES.putAll(CancelCases.CASES);
    CASES.putAll(LoadCases.CASES);
    CASES.putAll(FailureCases.CASES);
  }

  private Client() {}

  /** 0 if all is as it should be, 1 with the reason as last line, 3 if the case is unknown. */
  static int run(String target, String name, String token) {
    Case found = CASES.get(name);
    if (found == null) {
      System.err.println("the Java client has no case '" + name + "'");
      return 3;
    }
    try (Channel channel = Settings.openChannel(target)) {
      found.run(new Context(target, token, channel));
      checkTransport(channel, name.equals("empty_unary"));
      return 0;
    } catch (CaseFailed failure) {
      System.err.println(failure.getMessage());
    } catch (Exception error) { // whatever else: it is what the case found
      error.printStackTrace();
      System.err.println(error);
    }
    return 1;
  }

  /** The channel is on the transport under test; or, unless it must be, not connected. */
  private static void checkTransport(Channel channel, boolean must) {
    String found = channel.transport().orElse("none");
    if (Settings.TRANSPORT != null && (must || !found.equals("none"))) {
      Context.expectEqual(Settings.TRANSPORT, found, "the channel's transport");
    }
  }
}
