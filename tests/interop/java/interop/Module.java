package interop;

import io.polycall.Server;
import java.util.function.LongConsumer;

/** The services, for a server of any program's. */
public final class Module {
  private Module() {}

  /** What the Java host calls. The server is not ours to shut down. */
  public static void register(Server server) {
    register(server, grace -> {});
  }

  static void register(Server server, LongConsumer requestShutdown) {
    server.add(new TestHandlers());
    server.add(new PolyCallTestHandlers(requestShutdown));
  }
}
