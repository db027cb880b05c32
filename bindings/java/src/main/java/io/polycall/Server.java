package io.polycall;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Services and the places where they are listened for. Any thread.
 *
 * <pre>{@code
 * try (Server server = new Server()) {
 *   server.add(new MyCalc());
 *   System.out.println("serving " + server.listen("unix:/tmp/calc.sock"));
 *   server.start();
 *   server.await();
 * }
 * }</pre>
 *
 * <p>A started server lives until it is closed, also if nobody refers to it. Servers that are alive
 * when the virtual machine ends are shut down. After {@link #close} every function ends with a {@link
 * StatusException} that says FAILED_PRECONDITION.
 */
public final class Server implements AutoCloseable {
  private static final Set<Server> STARTED = ConcurrentHashMap.newKeySet();
  private static final long EXIT_MILLIS = 2_000;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Server::closeAll, "polycall-exit"));
  }

  private static final class ServerHandle extends Handle {
    ServerHandle(long pointer) {
      super(pointer);
    }

    @Override
    void release() {
      long handle = pointer;
      Closer.run(() -> Native.serverFree(handle));
    }
  }

  private final ServerHandle handle;
  private final boolean borrowed;

  /** A server with default options. */
  public Server() {
    this(ServerOptions.DEFAULT);
  }

  /**
   * A server.
   *
   * @param options see there
   */
  public Server(ServerOptions options) {
    this(
        Native.serverNew(
            options.limits.toNative(),
            options.maxThreads,
            options.flags,
            options.interceptors.isEmpty() ? null : options.interceptors.toArray(),
            Native.utf8(options.name),
            options.transports == null
                ? null
                : options.transports.stream().map(Native::utf8).toArray(),
            TlsOptions.texts(options.tls),
            TlsOptions.flags(options.tls)),
        false);
  }

  private Server(long pointer, boolean borrowed) {
    handle = new ServerHandle(pointer);
    this.borrowed = borrowed;
    Closer.CLEANER.register(this, handle::close);
  }

  /** A server of a host's, which stays the host's; to be closed when its module has registered. */
  static Server borrow(long server) {
    return new Server(Native.serverBorrow(server), true);
  }

  private void enter() {
    if (!handle.enter()) {
      throw Failures.closed("the server is closed");
    }
  }

  /** For what only the owner may do. */
  private void enterOwned() {
    if (borrowed) {
      throw Failures.closed(
          "the server belongs to the program that loaded this module: only services can be added");
    }
    enter();
  }

  private void leave() {
    handle.leave();
  }

  /**
   * Adds a service; before {@link #start} only.
   *
   * @param service the handlers
   * @return this
   * @throws StatusException ALREADY_EXISTS if a service of the name was added before
   */
  public Server add(Service service) {
    ServiceDefinition definition = service.polycallDefinition();
    ServiceDescriptor descriptor = definition.service;
    List<MethodDescriptor<?, ?>> methods = descriptor.methods;
    List<MethodHandler<?, ?>> handlers = definition.handlers;
    if (handlers.size() != methods.size()) {
      throw new IllegalArgumentException(
          descriptor.name
              + " has "
              + methods.size()
              + " methods, but its definition "
              + handlers.size()
              + " handlers");
    }
    enter();
    try {
      Native.serverAddService(
          handle.pointer,
          Native.utf8(descriptor.name),
          methods.stream().map(method -> Native.utf8(method.name)).toArray(),
          methods.stream().map(method -> Native.utf8(method.request.name)).toArray(),
          methods.stream().map(method -> Native.utf8(method.response.name)).toArray(),
          methods.stream().mapToLong(method -> method.kind.ordinal()).toArray(),
          methods.stream().mapToLong(method -> method.flags).toArray(),
          methods.stream().mapToLong(method -> method.timeoutNanos).toArray(),
          descriptor.files(),
          descriptor.fingerprint,
          handlers.toArray(),
          methods.stream().mapToLong(method -> method.request.table()).toArray(),
          handlers.stream().mapToLong(handler -> handler.asynchronous ? 1 : 0).toArray());
    } finally {
      leave();
    }
    return this;
  }

  /**
   * Loads a module of another language into this process, which adds its services; before {@link
   * #start} only. The language's runtime is started if it does not run yet, and stays.
   *
   * @param language "c", "python", "java", "haskell" or "lisp"
   * @param module what to load, in the language's own words
   * @param arguments for the language's runtime, if this starts it
   * @return this
   * @throws StatusException NOT_FOUND if there is no such host or module; FAILED_PRECONDITION if the
   *     runtime cannot share this process; else what the module failed with
   */
  public Server load(String language, String module, String... arguments) {
    enter();
    try {
      Native.serverLoad(
          handle.pointer,
          Native.utf8(language),
          Native.utf8(module),
          java.util.Arrays.stream(arguments).map(Native::utf8).toArray());
    } finally {
      leave();
    }
    return this;
  }

  /**
   * Says who may call a service; before {@link #start} only. Calls of others end PERMISSION_DENIED.
   *
   * @param service the service's full name; "" sets it for those that have no list of their own
   * @param identities the names that a caller must have one of, as {@link Identity#names} has them, or
   *     a certificate's whole subject, "CN=.."
   * @return this
   * @throws StatusException NOT_FOUND for a service that was not added, INVALID_ARGUMENT for an
   *     identity of no known kind
   */
  public Server allow(String service, String... identities) {
    enter();
    try {
      Native.serverAllow(
          handle.pointer,
          Native.utf8(service),
          java.util.Arrays.stream(identities).map(Native::utf8).toArray());
    } finally {
      leave();
    }
    return this;
  }

  /**
   * Listens on "inproc:name", "unix:/path", "tcp://host:port" (port 0: any) or "tls://host:port" (takes
   * nothing but TLS; "tcp" takes it too if the options have certificates); before or after start.
   *
   * @param target where
   * @return the target that callers use
   * @throws StatusException ALREADY_EXISTS if somebody listens there
   */
  public String listen(String target) {
    enterOwned();
    try {
      return Native.text(Native.serverListen(handle.pointer, Native.utf8(target)));
    } finally {
      leave();
    }
  }

  /** Starts serving. */
  public void start() {
    enterOwned();
    try {
      STARTED.add(this);
      Native.serverStart(handle.pointer);
    } finally {
      leave();
    }
  }

  /**
   * Shuts down: takes no new calls, lets those under way end, and cancels them with UNAVAILABLE when
   * the time is over. Waits until handlers have finished or were cancelled. A second call waits for
   * the first.
   *
   * @param grace how long calls may still take
   * @throws IllegalStateException if it is called from a handler, for which it would have to wait
   */
  public void shutdown(Duration grace) {
    if (Native.insideUpcall()) {
      throw new IllegalStateException(
          "a handler cannot shut its server down: do it on another thread");
    }
    enterOwned();
    try {
      Native.serverShutdown(handle.pointer, Math.max(0, Native.nanos(grace)));
    } finally {
      leave();
    }
    STARTED.remove(this);
  }

  /** Waits until the server was shut down. */
  public void await() {
    await(null);
  }

  /**
   * Waits until the server was shut down.
   *
   * @param timeout how long; null: without a bound
   * @return false if the time is over
   */
  public boolean await(Duration timeout) {
    enterOwned();
    try {
      return Native.serverWait(handle.pointer, timeout == null ? -1 : bound(timeout)) == 0;
    } finally {
      leave();
    }
  }

  /**
   * Donates this thread: it reads requests and runs handlers, as the runtime's threads do, until the
   * server is shut down.
   *
   * @param timeout how long; null: without a bound
   * @return false if the time is over
   */
  public boolean runWorker(Duration timeout) {
    enterOwned();
    try {
      return Native.serverRunWorker(handle.pointer, timeout == null ? -1 : bound(timeout)) == 0;
    } finally {
      leave();
    }
  }

  private static long bound(Duration timeout) {
    return Math.max(0, Native.nanos(timeout));
  }

  /**
   * Sets what the built-in health service answers.
   *
   * @param service a full name; "" is the server as a whole
   * @param serving whether it serves
   */
  public void setServing(String service, boolean serving) {
    enterOwned();
    try {
      Native.serverSetServing(handle.pointer, Native.utf8(service), serving);
    } finally {
      leave();
    }
  }

  /**
   * Counters since the start.
   *
   * @return a copy
   */
  public ServerStats stats() {
    enterOwned();
    try {
      long[] at = Native.serverStats(handle.pointer);
      return new ServerStats(at[0], at[1], at[2], at[3], at[4], at[5], at[6]);
    } finally {
      leave();
    }
  }

  /**
   * Shuts down without grace if need be, waits until no handler runs, and frees the server. From a
   * handler of its own it happens on another thread. A second close does nothing.
   */
  @Override
  public void close() {
    if (!handle.enter()) {
      return;
    }
    STARTED.remove(this);
    handle.close();
    Closer.run(
        () -> {
          try {
            if (!borrowed) {
              Native.serverShutdown(handle.pointer, 0);
            }
          } finally {
            handle.leave();
          }
        });
  }

  /** Whatever still serves when the virtual machine ends; handlers that do not return are left. */
  private static void closeAll() {
    if (STARTED.isEmpty()) {
      return;
    }
    Thread closer = new Thread(() -> List.copyOf(STARTED).forEach(Server::close));
    closer.setDaemon(true);
    closer.start();
    try {
      closer.join(EXIT_MILLIS);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }
}
