package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletableFuture;

/**
 * The requests of a stream, for an asynchronous handler.
 *
 * @param <Q> the class of requests
 */
public final class AsyncRequests<Q extends MessageLite> {
  private final ServerCall call;
  private final MessageClass<Q> type;

  AsyncRequests(ServerCall call, MessageClass<Q> type) {
    this.call = call;
    this.type = type;
  }

  /**
   * The next request; null after the caller's last. Fails with a {@link StatusException}: CANCELLED if
   * the call was cancelled, its deadline passed or the caller is gone. One receive at a time.
   *
   * @return the future request
   */
  public CompletableFuture<Q> receive() {
    CompletableFuture<Q> future = new CompletableFuture<>();
    try {
      call.receiveAsync(
          type,
          (request, error) -> {
            if (error != null) {
              future.completeExceptionally(MethodHandler.badRequest(call, type, error));
            } else if (request == null && call.isCancelled()) {
              future.completeExceptionally(Requests.cancelled());
            } else {
              future.complete(request);
            }
          });
    } catch (StatusException ended) {
      future.completeExceptionally(ended);
    }
    return future;
  }

  /**
   * Gives all requests to an observer.
   *
   * @param observer gets them
   * @return completes when the observer has been told of the end; does not fail
   */
  public CompletableFuture<Void> observe(Observer<? super Q> observer) {
    return Pump.run(this::receive, observer, () -> {});
  }
}
