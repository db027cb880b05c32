package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.util.Iterator;

/**
 * The requests of a stream, for a blocking handler. One thread at a time.
 *
 * @param <Q> the class of requests
 */
public final class Requests<Q extends MessageLite> implements Iterable<Q> {
  private final ServerCall call;
  private final MessageClass<Q> type;

  Requests(ServerCall call, MessageClass<Q> type) {
    this.call = call;
    this.type = type;
  }

  /**
   * Waits for the next request.
   *
   * @return null after the caller's last
   * @throws StatusException CANCELLED if the call was cancelled, its deadline passed or the caller is
   *     gone; INVALID_ARGUMENT if what came is no such message
   */
  public Q receive() {
    Q request;
    try {
      request = call.receive(type);
    } catch (InvalidProtocolBufferException bad) {
      throw MethodHandler.badRequest(call, type, bad);
    }
    if (request == null && call.isCancelled()) {
      throw cancelled();
    }
    return request;
  }

  static StatusException cancelled() {
    return new StatusException(
        StatusCode.CANCELLED, "the caller cancelled the call or is gone");
  }

  /** The requests that were not received yet; {@link #receive} says what it throws. */
  @Override
  public Iterator<Q> iterator() {
    return new ReceivingIterator<>(this::receive);
  }
}
