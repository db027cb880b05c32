package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletableFuture;

/**
 * A bidirectional call, asynchronously: one send and one receive may be under way at a time.
 *
 * @param <Q> the class of requests
 * @param <R> the class of responses
 */
public final class AsyncBidiStream<Q extends MessageLite, R extends MessageLite>
    extends AsyncStreamCall {
  private final MethodDescriptor<Q, R> method;

  AsyncBidiStream(ClientCall call, MethodDescriptor<Q, R> method) {
    super(call);
    this.method = method;
  }

  /**
   * Sends a request.
   *
   * @param request the request
   * @return completes when the next may follow; fails with a {@link StatusException} if the call has
   *     ended or was half-closed
   */
  public CompletableFuture<Void> send(Q request) {
    return call.sendOrFail(request, method.request, 0);
  }

  /**
   * Sends a request that others follow at once: it may wait for them in a buffer.
   *
   * @param request the request
   * @return as {@link #send}
   */
  public CompletableFuture<Void> sendBuffered(Q request) {
    return call.sendOrFail(request, method.request, NativeCall.BUFFERED);
  }

  /** Says that no more requests will be sent. No effect on a call that has ended. */
  public void halfClose() {
    call.halfClose();
  }

  /**
   * The next response; null at a good end. Fails with the {@link StatusException} of a call that does
   * not end OK.
   *
   * @return the future response
   */
  public CompletableFuture<R> receive() {
    return call.nextAsync(method.response);
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
