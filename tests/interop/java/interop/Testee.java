package interop;

import io.polycall.StatusException;
import java.io.IOException;

/**
 * The Java testee:
 *
 * <pre>
 *   client --target T --case C[,C...] --token K [--with-server self|host:LANG:MODULE]
 *   server --target T
 * </pre>
 *
 * <p>../README.md tells what is printed.
 */
public final class Testee {
  private String target;
  private String cases;
  private String token = "0";
  private String withServer;

  private Testee() {}

  public static void main(String[] arguments) {
    int code = new Testee().run(arguments);
    System.out.flush();
    System.exit(code);
  }

  private int run(String[] arguments) {
    for (int i = 1; i + 1 < arguments.length; i += 2) {
      String value = arguments[i + 1];
      switch (arguments[i]) {
        case "--target" -> target = value;
        case "--case" -> cases = value;
        case "--token" -> token = value;
        case "--with-server" -> withServer = value;
        default -> target = null;
      }
    }
    if (arguments.length % 2 == 0 || target == null) {
      System.err.println(
          "usage: client --target T --case C[,C...] --token K"
              + " [--with-server self|host:LANG:MODULE]\n"
              + "       server --target T");
      return 64;
    }
    return arguments[0].equals("client") ? runClient() : runServer();
  }

  private int runClient() {
    if (withServer == null) {
      return runCases(target);
    }
    try (InteropServer server = InteropServer.of(withServer)) {
      return runCases(server.listen(target));
    } catch (StatusException error) {
      System.err.println("cannot serve " + withServer + " on " + target + ": " + error.getMessage());
      return 1;
    }
  }

  /** Several cases, each with its outcome; or one, whose outcome is the exit code. */
  private int runCases(String address) {
    String[] names = cases.split(",");
    if (names.length == 1) {
      return Client.run(address, cases, token);
    }
    for (int i = 0; i < names.length; ++i) {
      int code = Client.run(address, names[i], token + "." + i);
      String outcome = code == 0 ? "passed" : code == 3 ? "unknown" : "failed";
      System.out.println("case " + names[i] + " " + outcome);
      System.out.flush();
    }
    return 0;
  }

  private int runServer() {
    try (InteropServer server = InteropServer.of("self")) {
      System.out.println("listening " + server.listen(target));
      System.out.flush();
      Thread input = new Thread(() -> stopAtEndOfInput(server));
      input.setDaemon(true);
      input.start();
      server.await();
    }
    return 0;
  }

  /** The runner closes our input when it wants us to end, and the kernel does so if it dies. */
  private static void stopAtEndOfInput(InteropServer server) {
    try {
      while (System.in.read() >= 0) {
        // nothing is said there
      }
    } catch (IOException gone) {
      // as good as its end
    }
    server.requestShutdown(2_000);
  }
}
