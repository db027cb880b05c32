package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * A bidirectional call: one thread may send while another receives.
 *
 * @param <Q> the class of requests
 * @param <R> the class of responses
 */
public final class BidiStream<Q extends MessageLite, R extends MessageLite>
    extends BlockingStreamCall implements Iterable<R> {
  private final MethodDescriptor<Q, R> method;

  BidiStream(ClientCall call, MethodDescriptor<Q, R> method) {
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

  /** Says that no more requests will be sent. No effect on a call that has ended. */
  public void halfClose() {
    call.halfClose();
  }

  /**
   * Waits for the next response.
   *
   * @return null at a good end
   * @throws StatusException if the call does not end OK
   */
  public R receive() {
    return call.next(method.response);
  }

  /** The responses that were not received yet; {@link #receive} says what it throws. */
  @Override
  public Iterator<R> iterator() {
    return new ReceivingIterator<>(this::receive);
  }

  /**
   * The responses that were not received yet, as a sequential stream.
   *
   * @return a stream whose close is this call's
   */
  public Stream<R> stream() {
    return ReceivingIterator.stream(this::receive).onClose(this::close);
  }
}
