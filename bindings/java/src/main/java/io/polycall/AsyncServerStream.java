package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletableFuture;

/**
 * The responses of a server-streaming call, asynchronously.
 *
 * @param <R> the class of responses
 */
public final class AsyncServerStream<R extends MessageLite> extends AsyncStreamCall {
  private final MessageClass<R> type;

  AsyncServerStream(ClientCall call, MessageClass<R> type) {
    super(call);
    this.type = type;
  }

  /**
   * The next response; null at a good end. Fails with the {@link StatusException} of a call that does
   * not end OK. One receive at a time.
   *
   * @return the future response
   */
  public CompletableFuture<R> receive() {
    return call.nextAsync(type);
  }

  /**
   * Gives all responses to an observer; one that throws cancels the call.
   *
   * @param observer gets them
   * @return completes when the observer has been told of the end; does not fail
   */
  public CompletableFuture<Void> observe(Observer<? super R> observer) {
    return Pump.run(this::receive, observer, this::cancel);
  }
}
