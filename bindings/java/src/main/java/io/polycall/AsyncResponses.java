package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Where an asynchronous handler sends a stream of responses.
 *
 * @param <R> the class of responses
 */
public final class AsyncResponses<R extends MessageLite> {
  private final ServerCall call;
  private final MessageClass<R> type;

  AsyncResponses(ServerCall call, MessageClass<R> type) {
    this.call = call;
    this.type = type;
  }

  /**
   * Sends a response. One send at a time.
   *
   * @param response the response
   * @return completes when the next may follow; fails with a {@link StatusException} if the call was
   *     cancelled, its deadline passed or the caller is gone
   */
  public CompletableFuture<Void> send(R response) {
    return send(response, 0);
  }

  /**
   * Sends a response that others follow at once: it may wait for them in a buffer.
   *
   * @param response the response
   * @return as {@link #send}
   */
  public CompletableFuture<Void> sendBuffered(R response) {
    return send(response, NativeCall.BUFFERED);
  }

  private CompletableFuture<Void> send(R response, int flags) {
    Objects.requireNonNull(response, "response");
    CompletableFuture<Integer> sent;
    try {
      sent = call.sendAsync(response, type, flags);
    } catch (StatusException ended) {
      return CompletableFuture.failedFuture(ended);
    }
    return sent.thenCompose(
        code ->
            code == 0
                ? CompletableFuture.<Void>completedFuture(null)
                : CompletableFuture.<Void>failedFuture(
                    call.isCancelled()
                        ? Requests.cancelled()
                        : new StatusException(
                            StatusCode.of(code), call.label + ": the response was not accepted")));
  }
}
