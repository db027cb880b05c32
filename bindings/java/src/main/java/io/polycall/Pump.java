package io.polycall;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Feeds an observer from futures of the next message, without deepening the stack. */
final class Pump {
  private Pump() {}

  /** The future completes when the observer has been told of the end; it does not fail. */
  static <T> CompletableFuture<Void> run(
      Supplier<CompletableFuture<T>> receive, Observer<? super T> observer, Runnable cancel) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    step(receive, observer, cancel, ended);
    return ended;
  }

  private static <T> void step(
      Supplier<CompletableFuture<T>> receive,
      Observer<? super T> observer,
      Runnable cancel,
      CompletableFuture<Void> ended) {
    for (; ; ) {
      CompletableFuture<T> next = receive.get();
      if (!next.isDone()) {
        next.whenComplete(
            (message, error) -> {
              if (deliver(message, error, observer, cancel, ended)) {
                step(receive, observer, cancel, ended);
              }
            });
        return;
      }
      T message = null;
      Throwable error = null;
      try {
        message = next.getNow(null);
      } catch (RuntimeException failed) {
        error = failed;
      }
      if (!deliver(message, error, observer, cancel, ended)) {
        return;
      }
    }
  }

  /** Whether more may follow. */
  private static <T> boolean deliver(
      T message,
      Throwable error,
      Observer<? super T> observer,
      Runnable cancel,
      CompletableFuture<Void> ended) {
    try {
      if (error == null && message != null) {
        try {
          observer.onNext(message);
          return true;
        } catch (Throwable thrown) {
          cancel.run();
          observer.onError(thrown);
        }
      } else if (error != null) {
        observer.onError(Failures.unwrap(error));
      } else {
        observer.onCompleted();
      }
    } catch (Throwable thrown) {
      Failures.log("an observer failed", thrown);
    }
    ended.complete(null);
    return false;
  }
}
