package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletableFuture;

/**
 * A client-streaming call, asynchronously: {@link #send} as often as wanted, each when the one before
 * has completed, then {@link #finish}.
 *
 * @param <Q> the class of requests
 * @param <R> the class of responses
 */
public final class AsyncClientStream<Q extends MessageLite, R extends MessageLite>
    extends AsyncStreamCall {
  private final MethodDescriptor<Q, R> method;

  AsyncClientStream(ClientCall call, MethodDescriptor<Q, R> method) {
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
   * Half-closes.
   *
   * @return the future response; fails with the {@link StatusException} of a call that does not end OK
   */
  public CompletableFuture<R> finish() {
    call.halfClose();
    return call.onlyAsync(method.response);
  }
}
