package interop;

import io.polycall.InterceptedCall;
import io.polycall.Interceptor;
import io.polycall.Server;
import io.polycall.ServerOptions;
import io.polycall.Status;
import java.time.Duration;

/** A server, and the thread that shuts it down, since no handler may do that. */
final class InteropServer implements AutoCloseable {
  /** What the case of the graceful shutdown asks for. */
  private static final long HOSTED_GRACE_MILLIS = 15_000;

  private final Server server;
  private final Thread keeper = new Thread(this::keep);
  private long graceMillis = -1; // guarded by this: set when a shutdown is wanted

  private InteropServer(String text) {
    if (text.equals("self")) {
      server = Settings.newServer();
      Module.register(server, this::requestShutdown);
    } else {
      String[] parts = text.split(":", 3);
      if (parts.length != 3 || !parts[0].equals("host")) {
        throw new IllegalArgumentException("write it as host:LANG:MODULE");
      }
      server = new Server(ServerOptions.DEFAULT.interceptors(new ShutdownSeen()));
      server.load(parts[1], parts[2]);
    }
    keeper.setDaemon(true);
    keeper.start();
  }

  static InteropServer of(String text) {
    return new InteropServer(text);
  }

  String listen(String target) {
    String address = server.listen(target);
    server.start();
    return address;
  }

  synchronized void requestShutdown(long millis) {
    if (graceMillis < 0) {
      graceMillis = millis;
    }
    notifyAll();
  }

  private void keep() {
    long grace;
    synchronized (this) {
      while (graceMillis < 0) {
        try {
          wait();
        } catch (InterruptedException ignored) {
          // nobody interrupts it
        }
      }
      grace = graceMillis;
    }
    server.shutdown(Duration.ofMillis(grace));
  }

  /** Waits until the server has shut down. */
  void await() {
    server.await();
    try {
      keeper.join();
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    requestShutdown(2_000);
    await();
    server.close();
  }

  /** A module cannot shut down a server that it was lent: its handler of Shutdown only answers. */
  private final class ShutdownSeen implements Interceptor {
    @Override
    public Status finished(InterceptedCall call, Status status) {
      if (status.isOk()
          && call.service().equals("polycall.testing.PolyCallTestService")
          && call.method().equals("Shutdown")) {
        requestShutdown(HOSTED_GRACE_MILLIS);
      }
      return null;
    }
  }
}
