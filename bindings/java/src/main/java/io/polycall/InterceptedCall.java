package io.polycall;

import java.time.Duration;
import java.util.Optional;

/** One call, as an interceptor sees it. For the interceptor's functions only: it ends with the call. */
public final class InterceptedCall {
  private volatile long call;
  private volatile Object attachment;

  InterceptedCall(long call) {
    this.call = call;
  }

  void end() {
    call = 0;
  }

  private long pointer() {
    long pointer = call;
    if (pointer == 0) {
      throw new IllegalStateException("the call has ended");
    }
    return pointer;
  }

  /**
   * The service's full name.
   *
   * @return "calc.v1.Calc"
   */
  public String service() {
    return Native.text(Native.callService(pointer()));
  }

  /**
   * The method's name.
   *
   * @return "Add"
   */
  public String method() {
    return Native.text(Native.callMethod(pointer()));
  }

  /**
   * The kind of call.
   *
   * @return as in the {@code .proto}
   */
  public MethodKind kind() {
    return MethodKind.of(Native.callKind(pointer()));
  }

  /**
   * The transport in use.
   *
   * @return "unix"; empty while a caller's call has no connection yet
   */
  public Optional<String> transport() {
    return Optional.ofNullable(Native.callTransport(pointer())).map(Native::text);
  }

  /**
   * The address of the other end.
   *
   * @return "tcp://127.0.0.1:4711"; of a unix peer with ",pid=..,uid=.." as the kernel vouches
   */
  public String peer() {
    return Native.text(Native.callPeer(pointer()));
  }

  /**
   * For a server's interceptor: who the caller is.
   *
   * @return empty when nobody vouches for it
   */
  public Optional<Identity> identity() {
    return Identity.fromNative(Native.callIdentity(pointer()));
  }

  /**
   * The time to the deadline.
   *
   * @return at least zero; empty without a deadline
   */
  public Optional<Duration> timeLeft() {
    return NativeCall.duration(Native.callTimeLeft(pointer()));
  }

  /**
   * What the interceptor attached.
   *
   * @return null at first
   */
  public Object attachment() {
    return attachment;
  }

  /**
   * Keeps something of the interceptor's with the call.
   *
   * @param attachment may be null
   */
  public void attach(Object attachment) {
    this.attachment = attachment;
  }
}
