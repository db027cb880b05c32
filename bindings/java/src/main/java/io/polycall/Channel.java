package io.polycall;

import com.google.protobuf.MessageLite;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A channel on a target: "inproc:calc", "unix:/run/calc.sock", "tcp://host:port", "tls://host:port",
 * "grpc://host:port", "grpcs://host:port", "host:port" (negotiated); or on what stands for several:
 * "list:TARGET,TARGET", "dns:///host:port", "file:///path" (a target in each line; watched),
 * "polycall:///name" (a service of polycalld).
 *
 * <p>Making one does not connect; the first call does, or {@link #waitReady}. Any number of threads
 * may use one channel at once; a program needs one for each target. After {@link #close} every
 * function ends with a {@link StatusException} that says FAILED_PRECONDITION. A channel that is
 * forgotten is closed when the garbage collector finds it.
 */
public final class Channel implements AutoCloseable {
  private static final class ChannelHandle extends Handle {
    ChannelHandle(long pointer) {
      super(pointer);
    }

    @Override
    void release() {
      long handle = pointer;
      Closer.run(() -> Native.channelFree(handle));
    }
  }

  private final String target;
  private final ChannelHandle handle;

  /** What calls are made with. */
  final long pointer;

  final boolean inProcess;

  /** Streaming and asynchronous calls that have not ended; close cancels them. */
  final Set<ClientCall> live = ConcurrentHashMap.newKeySet();

  private final ConcurrentHashMap<String, ClientMethod<?, ?>> methods = new ConcurrentHashMap<>();

  /**
   * A channel with default options.
   *
   * @param target what it leads to
   * @throws StatusException INVALID_ARGUMENT if the target cannot be understood
   */
  public Channel(String target) {
    this(target, ChannelOptions.DEFAULT);
  }

  /**
   * A channel.
   *
   * @param target what it leads to
   * @param options see there
   * @throws StatusException INVALID_ARGUMENT if target or options cannot be understood
   */
  public Channel(String target, ChannelOptions options) {
    this.target = Objects.requireNonNull(target, "target");
    handle =
        new ChannelHandle(
            Native.channelNew(
                Native.utf8(target),
                options.limits.toNative(),
                options.numbers,
                options.interceptors.toArray(),
                options.transports == null
                    ? null
                    : options.transports.stream().map(Native::utf8).toArray(),
                Native.utf8(options.userAgent),
                TlsOptions.texts(options.tls),
                TlsOptions.flags(options.tls)));
    pointer = Native.channelPointer(handle.pointer);
    inProcess = target.startsWith("inproc:");
    Closer.CLEANER.register(this, handle::close);
  }

  /**
   * What the channel leads to.
   *
   * @return as it was given
   */
  public String target() {
    return target;
  }

  /**
   * Closes the channel: cancels streaming and asynchronous calls and closes the connections. Blocking
   * calls of other threads end as they would. A second close does nothing. May wait for callbacks that
   * run, but not when it is called from one.
   */
  @Override
  public void close() {
    if (handle.isClosed()) {
      return;
    }
    if (handle.enter()) {
      try {
        handle.close();
        for (ClientCall call : live) {
          call.cancel("the channel was closed");
        }
      } finally {
        handle.leave();
      }
    }
  }

  /**
   * Whether it was closed.
   *
   * @return true after {@link #close}
   */
  public boolean isClosed() {
    return handle.isClosed();
  }

  /** Begins a use of the channel. */
  void enter() {
    if (!handle.enter()) {
      throw Failures.closed("the channel to " + target + " is closed");
    }
  }

  void leave() {
    handle.leave();
  }

  /**
   * How the channel is connected now.
   *
   * @return its state
   */
  public ChannelState state() {
    enter();
    try {
      return ChannelState.of(Native.channelState(handle.pointer));
    } finally {
      leave();
    }
  }

  /**
   * Connects if need be, and waits until the channel is ready.
   *
   * @param timeout how long to wait
   * @throws StatusException the last attempt's status, if it is not ready in time
   */
  public void waitReady(Duration timeout) {
    enter();
    try {
      Native.channelWaitReady(handle.pointer, Native.nanos(timeout));
    } finally {
      leave();
    }
  }

  /**
   * The transport in use.
   *
   * @return "inproc", "shm", "unix", "tcp", "tls" or "grpc"; empty when there is none now
   */
  public Optional<String> transport() {
    enter();
    try {
      return Optional.ofNullable(Native.channelTransport(handle.pointer)).map(Native::text);
    } finally {
      leave();
    }
  }

  /**
   * What was offered, chosen and refused in the last attempt to connect.
   *
   * @return a JSON object with target, state, transport, address, peer_version, offers, services and
   *     handshake_us
   */
  public String explain() {
    enter();
    try {
      return Native.text(Native.channelExplain(handle.pointer));
    } finally {
      leave();
    }
  }

  /**
   * Sends a ping and waits for the answer.
   *
   * @param timeout how long to wait
   * @return the round trip
   * @throws StatusException if there is no answer
   */
  public Duration ping(Duration timeout) {
    enter();
    try {
      return Duration.ofNanos(Native.channelPing(handle.pointer, Native.nanos(timeout)));
    } finally {
      leave();
    }
  }

  /**
   * A method for calls on this channel; the same object for the same method. Generated clients use it.
   *
   * @param service the service
   * @param index the method's index in the service
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return the method
   */
  @SuppressWarnings("unchecked")
  public <Q extends MessageLite, R extends MessageLite> ClientMethod<Q, R> method(
      ServiceDescriptor service, int index) {
    return (ClientMethod<Q, R>) method(service.name, service.methods.get(index));
  }

  /**
   * A method for calls without generated code.
   *
   * @param service the service's full name
   * @param method the method
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return the method
   */
  @SuppressWarnings("unchecked")
  public <Q extends MessageLite, R extends MessageLite> ClientMethod<Q, R> method(
      String service, MethodDescriptor<Q, R> method) {
    ClientMethod<?, ?> known = methods.get(service + "/" + method.name);
    if (known == null || known.descriptor != method) {
      known = makeMethod(service, method);
      methods.put(service + "/" + method.name, known);
    }
    return (ClientMethod<Q, R>) known;
  }

  private <Q extends MessageLite, R extends MessageLite> ClientMethod<Q, R> makeMethod(
      String service, MethodDescriptor<Q, R> method) {
    enter();
    try {
      long made =
          Native.channelMethod(
              handle.pointer,
              Native.utf8(service),
              Native.utf8(method.name),
              method.kind.ordinal(),
              method.flags,
              method.timeoutNanos,
              Native.utf8(method.request.name),
              Native.utf8(method.response.name));
      return new ClientMethod<>(this, service, method, made);
    } finally {
      leave();
    }
  }

  @Override
  public String toString() {
    return "Channel(" + target + (isClosed() ? ", closed)" : ")");
  }
}
