package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * The responses of a server-streaming call. A loop over them ends with a {@link StatusException}
 * unless the call ends OK.
 *
 * @param <R> the class of responses
 */
public final class ServerStream<R extends MessageLite> extends BlockingStreamCall
    implements Iterable<R> {
  private final MessageClass<R> type;

  ServerStream(ClientCall call, MessageClass<R> type) {
    super(call);
    this.type = type;
  }

  /**
   * Waits for the next response.
   *
   * @return null at a good end
   * @throws StatusException if the call does not end OK
   */
  public R receive() {
    return call.next(type);
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
