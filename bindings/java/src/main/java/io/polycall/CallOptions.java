package io.polycall;

import java.time.Duration;

/**
 * The options of a call. Immutable; each {@code with} function gives a changed copy, so that common
 * options can be made once: {@code client.add(request, CallOptions.timeout(Duration.ofSeconds(1)))}.
 */
public final class CallOptions {
  /** No options: the method's default timeout, no metadata. */
  public static final CallOptions DEFAULT = new CallOptions(0, 0, null, null, null);

  private static final int WAIT_FOR_READY = 1;
  private static final int IDEMPOTENT = 2;
  private static final int DETACHED = 4;
  private static final int WANT_METADATA = 8;
  private static final int NO_RETRY = 16;

  final long timeoutNanos;
  final int flags;
  final Object[] metadata;
  final ServerContext parent;
  final CallInfo info;

  private CallOptions(
      long timeoutNanos, int flags, Object[] metadata, ServerContext parent, CallInfo info) {
    this.timeoutNanos = timeoutNanos;
    this.flags = flags;
    this.metadata = metadata;
    this.parent = parent;
    this.info = info;
  }

  /**
   * Options with a timeout alone.
   *
   * @param timeout see {@link #withTimeout}
   * @return new options
   */
  public static CallOptions timeout(Duration timeout) {
    return DEFAULT.withTimeout(timeout);
  }

  /**
   * Options with metadata alone.
   *
   * @param metadata see {@link #withMetadata}
   * @return new options
   */
  public static CallOptions metadata(Metadata metadata) {
    return DEFAULT.withMetadata(metadata);
  }

  /**
   * Ends the call DEADLINE_EXCEEDED if it has not ended within a time. The deadline of the handler
   * that makes the call, if one does, bounds it too.
   *
   * @param timeout a timeout that is not positive is over at once
   * @return a changed copy
   */
  public CallOptions withTimeout(Duration timeout) {
    long nanos = Native.nanos(timeout);
    return new CallOptions(nanos <= 0 ? -1 : nanos, flags, metadata, parent, info);
  }

  /**
   * Sends metadata with the call, in place of any set before.
   *
   * @param metadata copied
   * @return a changed copy
   */
  public CallOptions withMetadata(Metadata metadata) {
    return new CallOptions(timeoutNanos, flags, Metadata.toNative(metadata, 0), parent, info);
  }

  /**
   * Waits, to the deadline, for a peer that is not there.
   *
   * @return a changed copy
   */
  public CallOptions withWaitForReady() {
    return withFlag(WAIT_FOR_READY);
  }

  /**
   * Says that the call may run twice with the effect of once, so that it may be retried.
   *
   * @return a changed copy
   */
  public CallOptions withIdempotent() {
    return withFlag(IDEMPOTENT);
  }

  /**
   * Inherits neither deadline nor cancellation from the handler that makes the call.
   *
   * @return a changed copy
   */
  public CallOptions withDetached() {
    return withFlag(DETACHED);
  }

  /**
   * Never starts the call twice, whatever the channel's policy.
   *
   * @return a changed copy
   */
  public CallOptions withNoRetry() {
    return withFlag(NO_RETRY);
  }

  /**
   * Inherits deadline and cancellation from a handler's call. Needed only on a thread that does not
   * run the handler: there it happens by itself.
   *
   * @param parent the handler's context
   * @return a changed copy
   */
  public CallOptions withParent(ServerContext parent) {
    return new CallOptions(timeoutNanos, flags, metadata, parent, info);
  }

  /**
   * Gets the metadata that the handler of a unary call sends.
   *
   * @param info filled when the call ends
   * @return a changed copy
   */
  public CallOptions withInfo(CallInfo info) {
    int changed = info == null ? flags & ~WANT_METADATA : flags | WANT_METADATA;
    return new CallOptions(timeoutNanos, changed, metadata, parent, info);
  }

  private CallOptions withFlag(int flag) {
    return new CallOptions(timeoutNanos, flags | flag, metadata, parent, info);
  }
}
