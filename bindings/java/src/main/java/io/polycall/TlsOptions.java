package io.polycall;

import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The certificates and keys of a channel or server. Immutable; each function gives a changed copy.
 *
 * <p>Files are PEM, and are read again when they have changed: new connections take what is new.
 */
public final class TlsOptions {
  /**
   * A channel's: the system's authorities, no certificate of its own. A server needs at least {@link
   * #certificate}.
   */
  public static final TlsOptions DEFAULT = new TlsOptions(new String[4], 0);

  private static final int REQUIRE_CLIENT_CERTIFICATE = 1;
  private static final int ALLOW_1_2 = 2;

  private final String[] texts; // ca, certificate, key, server name
  final int flags;

  private TlsOptions(String[] texts, int flags) {
    this.texts = texts;
    this.flags = flags;
  }

  /**
   * Whom to trust. Without it a channel trusts the system's authorities, and a server takes no client
   * certificates.
   *
   * @param file certificates of authorities
   * @return a changed copy
   */
  public TlsOptions ca(Path file) {
    return with(0, file.toString());
  }

  /**
   * One's own certificate: of a server, or of a channel for mutual TLS.
   *
   * @param chain the certificates, one's own first
   * @param key the private key
   * @return a changed copy
   */
  public TlsOptions certificate(Path chain, Path key) {
    return with(1, chain.toString()).with(2, key.toString());
  }

  /**
   * The name that a channel wants to find in the server's certificate; the target's host by default.
   *
   * @param name a host's name
   * @return a changed copy
   */
  public TlsOptions serverName(String name) {
    return with(3, name);
  }

  /**
   * A server refuses callers without a certificate: mutual TLS.
   *
   * @return a changed copy
   */
  public TlsOptions requireClientCertificate() {
    return new TlsOptions(texts, flags | REQUIRE_CLIENT_CERTIFICATE);
  }

  /**
   * Allows TLS 1.2 besides 1.3, for old peers.
   *
   * @return a changed copy
   */
  public TlsOptions allowTls12() {
    return new TlsOptions(texts, flags | ALLOW_1_2);
  }

  private TlsOptions with(int index, String text) {
    String[] changed = texts.clone();
    changed[index] = text;
    return new TlsOptions(changed, flags);
  }

  static Object[] texts(TlsOptions options) {
    return options == null ? null : Stream.of(options.texts).map(Native::utf8).toArray();
  }

  static int flags(TlsOptions options) {
    return options == null ? 0 : options.flags;
  }
}
