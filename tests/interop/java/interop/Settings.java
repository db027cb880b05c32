package interop;

import io.polycall.Channel;
import io.polycall.ChannelOptions;
import io.polycall.Server;
import io.polycall.ServerOptions;
import io.polycall.TlsOptions;
import java.nio.file.Path;

/**
 * What the runner says about this run by its environment: INTEROP_TRANSPORT, the transport under test, and
 * INTEROP_TLS, a folder of certificates (ca, server, client: .pem, .key).
 */
final class Settings {
  /** Null: not said. */
  static final String TRANSPORT = System.getenv("INTEROP_TRANSPORT");

  private static final String TLS = System.getenv("INTEROP_TLS");

  private Settings() {}

  private static TlsOptions certificates(String role) {
    Path folder = Path.of(TLS);
    return TlsOptions.DEFAULT
        .ca(folder.resolve("ca.pem"))
        .certificate(folder.resolve(role + ".pem"), folder.resolve(role + ".key"));
  }

  /** A channel that may use the transport under test and no other. */
  static Channel openChannel(String target) {
    ChannelOptions options = ChannelOptions.DEFAULT;
    if ("shm".equals(TRANSPORT)) {
      options = options.transports("shm", "unix"); // by which shared memory is reached
    } else if (TRANSPORT != null) {
      options = options.transports(TRANSPORT);
    }
    return new Channel(target, TLS == null ? options : options.tls(certificates("client")));
  }

  static Server newServer() {
    ServerOptions options = ServerOptions.DEFAULT;
    return new Server(
        TLS == null ? options : options.tls(certificates("server").requireClientCertificate()));
  }
}
