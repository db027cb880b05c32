package io.polycall;

import com.google.protobuf.MessageLite;

/**
 * A client-streaming call: {@link #send} as often as wanted, then {@link #finish}.
 *
 * @param <Q> the class of requests
 * @param <R> the class of responses
 */
public final class ClientStream<Q extends MessageLite, R extends MessageLite>
    extends BlockingStreamCall {
  private final MethodDescriptor<Q, R> method;

  ClientStream(ClientCall call, MethodDescriptor<Q, R> method) {
    super(call);
    this.method = method;
  }

  /**
   * Sends a request; waits while the peer's credit is used up.
   *
   * @param request the request
   * @throws StatusException if the call has ended, or was half-closed
   */
  public void send(Q request) {
    call.sendOrThrow(request, method.request, 0);
  }

  /**
   * Sends a request that others follow at once: it may wait for them in a buffer.
   *
   * @param request the request
   * @throws StatusException if the call has ended, or was half-closed
   */
  public void sendBuffered(Q request) {
    call.sendOrThrow(request, method.request, NativeCall.BUFFERED);
  }

  /** Sends; false if the call has ended. */
  boolean offer(Q request) {
    java.util.Objects.requireNonNull(request, "request");
    return call.send(request, method.request, 0) == null;
  }

  /** Says that no more requests will be sent. No effect on a call that has ended. */
  public void halfClose() {
    call.halfClose();
  }

  /**
   * Half-closes and waits for the response.
   *
   * @return the response
   * @throws StatusException if the call does not end OK
   */
  public R finish() {
    call.halfClose();
    return call.only(method.response);
  }
}
