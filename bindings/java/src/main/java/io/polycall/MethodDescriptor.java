package io.polycall;

import com.google.protobuf.MessageLite;

/**
 * One method of a service, as in the {@code .proto}. Immutable; made by generated code.
 *
 * @param <Q> the class of requests
 * @param <R> the class of responses
 */
public final class MethodDescriptor<Q extends MessageLite, R extends MessageLite> {
  /** The method may be retried even when it may have run. */
  public static final int IDEMPOTENT = 1;

  /** The handler is short and never blocks: it runs where its call arrives. */
  public static final int INLINE = 2;

  /** The handler is known to block. */
  public static final int BLOCKING = 4;

  final String name;
  final MethodKind kind;
  final int flags;
  final long timeoutNanos;
  final MessageClass<Q> request;
  final MessageClass<R> response;

  private MethodDescriptor(
      String name,
      MethodKind kind,
      int flags,
      long timeoutNanos,
      MessageClass<Q> request,
      MessageClass<R> response) {
    this.name = name;
    this.kind = kind;
    this.flags = flags;
    this.timeoutNanos = timeoutNanos;
    this.request = request;
    this.response = response;
  }

  /**
   * A method without flags and default timeout.
   *
   * @param name as in the {@code .proto}, "Add"
   * @param kind its kind
   * @param request the default instance of the class of requests
   * @param response the default instance of the class of responses
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return a new descriptor
   */
  public static <Q extends MessageLite, R extends MessageLite> MethodDescriptor<Q, R> of(
      String name, MethodKind kind, Q request, R response) {
    return new MethodDescriptor<>(
        name, kind, 0, 0, MessageClass.of(request), MessageClass.of(response));
  }

  /**
   * The same method with flags.
   *
   * @param flags a sum of {@link #IDEMPOTENT}, {@link #INLINE} and {@link #BLOCKING}
   * @return a changed copy
   */
  public MethodDescriptor<Q, R> withFlags(int flags) {
    return new MethodDescriptor<>(name, kind, flags, timeoutNanos, request, response);
  }

  /**
   * The same method with a default timeout.
   *
   * @param milliseconds what a call without a timeout gets
   * @return a changed copy
   */
  public MethodDescriptor<Q, R> withTimeoutMillis(long milliseconds) {
    return new MethodDescriptor<>(name, kind, flags, milliseconds * 1_000_000, request, response);
  }

  /**
   * The name.
   *
   * @return as in the {@code .proto}
   */
  public String name() {
    return name;
  }

  /**
   * The kind.
   *
   * @return as in the {@code .proto}
   */
  public MethodKind kind() {
    return kind;
  }
}
