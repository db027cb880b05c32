package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.Objects;

/**
 * Where a blocking handler sends a stream of responses. One thread at a time.
 *
 * @param <R> the class of responses
 */
public final class Responses<R extends MessageLite> {
  private final ServerCall call;
  private final MessageClass<R> type;

  Responses(ServerCall call, MessageClass<R> type) {
    this.call = call;
    this.type = type;
  }

  /**
   * Sends a response; waits while the caller's credit is used up.
   *
   * @param response the response
   * @throws StatusException if the call was cancelled, its deadline passed or the caller is gone
   */
  public void send(R response) {
    send(response, 0);
  }

  /**
   * Sends a response that others follow at once: it may wait for them in a buffer.
   *
   * @param response the response
   * @throws StatusException as {@link #send}
   */
  public void sendBuffered(R response) {
    send(response, NativeCall.BUFFERED);
  }

  private void send(R response, int flags) {
    Objects.requireNonNull(response, "response");
    Status refused = call.send(response, type, flags);
    if (refused != null) {
      throw call.isCancelled() ? Requests.cancelled() : new StatusException(refused);
    }
  }
}
