package io.polycall;

import java.util.concurrent.CompletableFuture;

/**
 * The response of an asynchronous unary call, or the {@link StatusException} that it ended with.
 *
 * <p>Completes on a thread of the runtime's, where functions that were attached without an executor
 * run; they may block. {@link #cancel} cancels the call.
 *
 * @param <R> the class of responses
 */
public final class CallFuture<R> extends CompletableFuture<R> {
  private volatile ClientCall call;

  CallFuture() {}

  /** The call may have been completed before its handle is known. */
  void attach(ClientCall started) {
    call = started;
    if (isDone()) {
      started.close();
    }
  }

  void detach() {
    ClientCall attached = call;
    if (attached != null) {
      attached.close();
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    ClientCall attached = call;
    if (cancelled && attached != null) {
      attached.cancel();
    }
    return cancelled;
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
