package io.polycall;

import java.util.List;

/** The options of a server. Immutable; each function gives a changed copy. */
public final class ServerOptions {
  /** All defaults. */
  public static final ServerOptions DEFAULT =
      new ServerOptions(Limits.DEFAULT, 0, 0, List.of(), null, null, null);

  private static final int DONATED_ONLY = 1;
  private static final int COPY_REQUESTS = 2;
  private static final int NO_DESCRIPTION = 4;

  final Limits limits;
  final int maxThreads;
  final int flags;
  final List<Interceptor> interceptors;
  final String name;
  final List<String> transports;
  final TlsOptions tls;

  private ServerOptions(
      Limits limits,
      int maxThreads,
      int flags,
      List<Interceptor> interceptors,
      String name,
      List<String> transports,
      TlsOptions tls) {
    this.limits = limits;
    this.maxThreads = maxThreads;
    this.flags = flags;
    this.interceptors = interceptors;
    this.name = name;
    this.transports = transports;
    this.tls = tls;
  }

  /**
   * Bounds.
   *
   * @param limits the bounds
   * @return a changed copy
   */
  public ServerOptions limits(Limits limits) {
    return new ServerOptions(limits, maxThreads, flags, interceptors, name, transports, tls);
  }

  /**
   * How many threads the runtime may add while handlers block; 256 by default.
   *
   * @param count at least 1
   * @return a changed copy
   */
  public ServerOptions maxThreads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a server needs at least one thread, not " + count);
    }
    return new ServerOptions(limits, count, flags, interceptors, name, transports, tls);
  }

  /**
   * Runs no threads of the runtime's: only those that are donated by {@link Server#runWorker}.
   *
   * @return a changed copy
   */
  public ServerOptions donatedOnly() {
    return new ServerOptions(limits, maxThreads, flags | DONATED_ONLY, interceptors, name, transports, tls);
  }

  /**
   * Gives handlers copies of requests from the same process.
   *
   * @return a changed copy
   */
  public ServerOptions copyRequests() {
    return new ServerOptions(limits, maxThreads, flags | COPY_REQUESTS, interceptors, name, transports, tls);
  }

  /**
   * Does not serve the built-in description service.
   *
   * @return a changed copy
   */
  public ServerOptions noDescription() {
    return new ServerOptions(limits, maxThreads, flags | NO_DESCRIPTION, interceptors, name, transports, tls);
  }

  /**
   * What sees every call.
   *
   * @param interceptors in the order in which they see a call start
   * @return a changed copy
   */
  public ServerOptions interceptors(Interceptor... interceptors) {
    return new ServerOptions(limits, maxThreads, flags, List.of(interceptors), name, transports, tls);
  }

  /**
   * What peers' {@code explain} shows; the program's name by default.
   *
   * @param name a name
   * @return a changed copy
   */
  public ServerOptions name(String name) {
    return new ServerOptions(limits, maxThreads, flags, interceptors, name, transports, tls);
  }

  /**
   * What may be spoken on the server's listeners; all by default.
   *
   * @param names "inproc", "shm", "unix", "tcp", "tls" (needs {@link #tls}), "grpc", "http"
   * @return a changed copy
   */
  public ServerOptions transports(String... names) {
    return new ServerOptions(
        limits, maxThreads, flags, interceptors, name, List.of(names), tls);
  }

  /**
   * The certificates of the server, without which there is no TLS.
   *
   * @param tls see there
   * @return a changed copy
   */
  public ServerOptions tls(TlsOptions tls) {
    return new ServerOptions(limits, maxThreads, flags, interceptors, name, transports, tls);
  }
}
