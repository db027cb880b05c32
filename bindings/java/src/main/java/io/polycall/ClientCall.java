package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletableFuture;

/** A caller's streaming or asynchronous call. Keeps its channel from being freed. */
final class ClientCall extends NativeCall {
  private static final byte[] CANCEL_TEXT = Native.utf8("the caller cancelled the call");

  private record Outcome(Status status, Metadata initial, Metadata trailing) {}

  private final Channel channel;
  final String label;
  private volatile Outcome outcome;

  /** Takes over a use of the channel, and the call's reference. */
  ClientCall(Channel channel, long pointer, String label) {
    super(pointer);
    this.channel = channel;
    this.label = label;
    channel.live.add(this);
  }

  @Override
  void release() {
    channel.live.remove(this);
    Native.callRelease(pointer);
    channel.leave();
  }

  @Override
  RuntimeException ended() {
    Outcome known = outcome;
    return known == null || known.status.isOk()
        ? Failures.closed(label + " has ended: nothing more can be sent or received")
        : exception(known);
  }

  void cancel() {
    if (enter()) {
      try {
        Native.callCancel(pointer, StatusCode.CANCELLED.number(), CANCEL_TEXT);
      } finally {
        leave();
      }
    }
  }

  void cancel(String why) {
    if (enter()) {
      try {
        Native.callCancel(pointer, StatusCode.CANCELLED.number(), Native.utf8(why));
      } finally {
        leave();
      }
    }
  }

  void halfClose() {
    if (enter()) {
      try {
        Native.callHalfClose(pointer);
      } finally {
        leave();
      }
    }
  }

  /** Waits for the end; then the native call is not needed any more. */
  Status status() {
    return outcome().status;
  }

  private Outcome outcome() {
    Outcome known = outcome;
    if (known != null) {
      return known;
    }
    if (!enter()) {
      known = outcome; // whoever closed it may have learned it just now
      return known != null
          ? known
          : new Outcome(
              new Status(StatusCode.CANCELLED, "the call was closed before it ended"),
              new Metadata(),
              new Metadata());
    }
    Scratch scratch = Scratch.acquire();
    try {
      int code = Native.callWait(pointer, scratch.outAddress);
      Status status = scratch.takeStatus(code);
      known =
          new Outcome(
              status,
              Metadata.fromNative(Native.callInitialMetadata(pointer)),
              Metadata.fromNative(Native.callTrailingMetadata(pointer)));
      outcome = known;
    } finally {
      scratch.release();
      leave();
    }
    close();
    return known;
  }

  Metadata initialMetadata() {
    Outcome known = outcome;
    if (known == null && enter()) {
      try {
        return Metadata.fromNative(Native.callInitialMetadata(pointer));
      } finally {
        leave();
      }
    }
    return outcome().initial.copy();
  }

  Metadata trailingMetadata() {
    return outcome().trailing.copy();
  }

  private static StatusException exception(Outcome outcome) {
    return new StatusException(outcome.status, outcome.initial, outcome.trailing);
  }

  /** Waits for the end and throws unless the status is OK. */
  void expectOk() {
    Outcome known = outcome();
    if (!known.status.isOk()) {
      throw exception(known);
    }
  }

  /** The next message; null at a good end. */
  <T extends MessageLite> T next(MessageClass<T> type) {
    if (outcome == null) {
      try {
        T message = receive(type);
        if (message != null) {
          return message;
        }
      } catch (InvalidProtocolBufferException bad) {
        cancel();
        throw Failures.badMessage("a response of " + label, type, bad);
      } catch (StatusException closed) {
        if (outcome == null) {
          throw closed;
        }
      }
    }
    expectOk();
    return null;
  }

  /** The one response of a call that is half-closed. */
  <T extends MessageLite> T only(MessageClass<T> type) {
    T message = next(type);
    if (message == null) {
      throw new StatusException(StatusCode.INTERNAL, label + " ended OK without a response");
    }
    expectOk();
    return message;
  }

  void sendOrThrow(MessageLite message, MessageClass<?> type, int flags) {
    java.util.Objects.requireNonNull(message, "message");
    Status refused = send(message, type, flags);
    if (refused != null) {
      throw new StatusException(refused);
    }
  }

  CompletableFuture<Void> sendOrFail(MessageLite message, MessageClass<?> type, int flags) {
    java.util.Objects.requireNonNull(message, "message");
    CompletableFuture<Integer> sent;
    try {
      sent = sendAsync(message, type, flags);
    } catch (StatusException error) {
      return CompletableFuture.failedFuture(error);
    }
    return sent.thenCompose(
        code -> {
          if (code == 0) {
            return CompletableFuture.completedFuture(null);
          }
          if (code == StatusCode.FAILED_PRECONDITION.number()) {
            return CompletableFuture.failedFuture(
                Failures.closed(label + ": nothing more can be sent"));
          }
          // The call has ended, so that its status is there.
          CompletableFuture<Void> failed = new CompletableFuture<>();
          try {
            expectOk();
            failed.completeExceptionally(
                Failures.closed(label + " has ended: nothing more can be sent"));
          } catch (StatusException error) {
            failed.completeExceptionally(error);
          }
          return failed;
        });
  }

  /** The next message; null at a good end. */
  <T extends MessageLite> CompletableFuture<T> nextAsync(MessageClass<T> type) {
    CompletableFuture<T> future = new CompletableFuture<>();
    if (outcome != null) {
      completeAtEnd(future);
      return future;
    }
    try {
      receiveAsync(
          type,
          (message, error) -> {
            if (error != null) {
              cancel();
              future.completeExceptionally(
                  Failures.badMessage("a response of " + label, type, error));
            } else if (message != null) {
              future.complete(message);
            } else {
              completeAtEnd(future);
            }
          });
    } catch (StatusException closed) {
      future.completeExceptionally(closed);
    }
    return future;
  }

  private <T> void completeAtEnd(CompletableFuture<T> future) {
    try {
      expectOk();
      future.complete(null);
    } catch (StatusException error) {
      future.completeExceptionally(error);
    }
  }

  <T extends MessageLite> CompletableFuture<T> onlyAsync(MessageClass<T> type) {
    return nextAsync(type)
        .thenCompose(
            response -> {
              if (response == null) {
                return CompletableFuture.failedFuture(
                    new StatusException(
                        StatusCode.INTERNAL, label + " ended OK without a response"));
              }
              return statusAsync()
                  .thenApply(
                      status -> {
                        expectOk();
                        return response;
                      });
            });
  }

  CompletableFuture<Status> statusAsync() {
    CompletableFuture<Status> future = new CompletableFuture<>();
    if (outcome != null || !enter()) {
      future.complete(status());
      return future;
    }
    Upcalls.Ended callback =
        status -> {
          leave();
          future.complete(status()); // has ended: gives status and metadata at once
        };
    Native.callWaitAsync(pointer, Upcalls.register(callback));
    return future;
  }
}
