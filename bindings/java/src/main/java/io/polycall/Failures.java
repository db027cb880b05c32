package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What becomes of things that are thrown. */
final class Failures {
  private Failures() {}

  /** What the caller is told of an error that a handler ended with. */
  static Status status(Throwable thrown) {
    Throwable error = unwrap(thrown);
    if (error instanceof StatusException exception) {
      return exception.status();
    }
    if (error instanceof CancellationException) {
      return new Status(StatusCode.CANCELLED, "the handler was cancelled");
    }
    if (error instanceof StackOverflowError || error instanceof OutOfMemoryError) {
      return new Status(StatusCode.RESOURCE_EXHAUSTED, error.toString());
    }
    String text = error.getMessage();
    String type = error.getClass().getName();
    return new Status(StatusCode.UNKNOWN, text == null ? type : type + ": " + text);
  }

  /** Whether it is a status that was meant, and not a fault that somebody should see. */
  static boolean isMeant(Throwable thrown) {
    Throwable error = unwrap(thrown);
    return error instanceof StatusException || error instanceof CancellationException;
  }

  static Throwable unwrap(Throwable thrown) {
    Throwable error = thrown;
    while ((error instanceof CompletionException || error instanceof ExecutionException)
        && error.getCause() != null) {
      error = error.getCause();
    }
    return error;
  }

  /** Logs to the System.Logger "io.polycall"; does not throw. */
  static void log(String text, Throwable error) {
    try {
      System.getLogger("io.polycall").log(System.Logger.Level.ERROR, text, error);
    } catch (Throwable alsoFailed) {
      // Without memory or stack there is nothing to be said.
    }
  }

  static StatusException badMessage(String what, MessageClass<?> type, Throwable cause) {
    String reason =
        cause instanceof InvalidProtocolBufferException ? " (" + cause.getMessage() + ")" : "";
    StatusException error =
        new StatusException(
            StatusCode.INTERNAL, what + " is no valid " + type.name + reason);
    error.initCause(cause);
    return error;
  }

  static StatusException closed(String what) {
    return new StatusException(StatusCode.FAILED_PRECONDITION, what);
  }
}
