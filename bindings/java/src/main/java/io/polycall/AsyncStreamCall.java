package io.polycall;

import java.util.concurrent.CompletableFuture;

/** What the streams of an asynchronous caller share. */
abstract class AsyncStreamCall extends StreamCall {
  AsyncStreamCall(ClientCall call) {
    super(call);
  }

  /**
   * The call's status, once it has ended and all messages were received.
   *
   * @return a future that does not fail
   */
  public final CompletableFuture<Status> status() {
    return call.statusAsync();
  }

  /**
   * The handler's initial metadata, once they, a message or the end have come.
   *
   * @return a future that does not fail; waited for on a thread of the common pool
   */
  public final CompletableFuture<Metadata> initialMetadata() {
    return CompletableFuture.supplyAsync(call::initialMetadata);
  }

  /**
   * What came with the status, once the call has ended and all messages were received.
   *
   * @return a future that does not fail
   */
  public final CompletableFuture<Metadata> trailingMetadata() {
    return call.statusAsync().thenApply(status -> call.trailingMetadata());
  }
}
