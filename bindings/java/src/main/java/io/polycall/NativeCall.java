package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/** One call, seen from either side: what both may do with the native handle. */
abstract class NativeCall extends Handle {
  static final int HALF_CLOSE = 1;
  static final int BUFFERED = 2;

  private static final int SENDING = 1;
  private static final int RECEIVING = 2;
  private static final VarHandle BUSY;

  static {
    try {
      BUSY = MethodHandles.lookup().findVarHandle(NativeCall.class, "busy", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** What is under way: native calls want one thread at a time for each direction. */
  private volatile int busy;

  /** Whether messages are offered as objects; until the peer turns out to want bytes. */
  volatile boolean passesObjects;

  NativeCall(long pointer) {
    super(pointer);
  }

  /** What an operation after the end is answered with. */
  abstract RuntimeException ended();

  /** Runs a continuation of an asynchronous operation. */
  void proceed(Runnable continuation) {
    continuation.run();
  }

  final void use() {
    if (!enter()) {
      throw ended();
    }
  }

  private void begin(int direction) {
    use();
    if (((int) BUSY.getAndBitwiseOr(this, direction) & direction) != 0) {
      leave();
      throw new IllegalStateException(
          direction == SENDING
              ? "another send of this call is under way"
              : "another receive of this call is under way");
    }
  }

  private void done(int direction) {
    BUSY.getAndBitwiseAnd(this, ~direction);
  }

  /** Sends and waits until the message is accepted; null, or the status that tells why it is not. */
  final Status send(MessageLite message, MessageClass<?> type, int flags) {
    begin(SENDING);
    Scratch scratch = Scratch.acquire();
    try {
      boolean object = passesObjects;
      if (object) {
        scratch.passObject();
      } else {
        scratch.encode(message);
      }
      int code =
          Native.callSend(
              pointer,
              scratch.data,
              scratch.size,
              scratch.buffer,
              object ? message : null,
              object ? type.table() : 0,
              flags,
              scratch.outAddress);
      if (object && scratch.wasEncoded()) {
        passesObjects = false;
      }
      return code == 0 ? null : scratch.takeStatus(code);
    } finally {
      scratch.release();
      done(SENDING);
      leave();
    }
  }

  /** Waits for the next message; null at the end. */
  final <T extends MessageLite> T receive(MessageClass<T> type)
      throws InvalidProtocolBufferException {
    begin(RECEIVING);
    Scratch scratch = Scratch.acquire();
    try {
      int size = Native.callReceive(pointer, scratch.outAddress, Scratch.CAPACITY);
      return size == Scratch.END ? null : scratch.read(size, type);
    } finally {
      scratch.release();
      done(RECEIVING);
      leave();
    }
  }

  /** Sends; the future gets the code once the next message may follow. */
  final CompletableFuture<Integer> sendAsync(MessageLite message, MessageClass<?> type, int flags) {
    begin(SENDING);
    CompletableFuture<Integer> future = new CompletableFuture<>();
    Upcalls.SendDone callback =
        code -> {
          done(SENDING);
          try {
            proceed(() -> future.complete(code));
          } finally {
            leave();
          }
        };
    boolean object = passesObjects;
    Scratch scratch = Scratch.acquire();
    try {
      if (object) {
        scratch.passObject();
      } else {
        scratch.encode(message);
      }
    } catch (Throwable error) {
      scratch.release();
      done(SENDING);
      leave();
      throw error;
    }
    try {
      Native.callSendAsync(
          pointer,
          scratch.data,
          scratch.size,
          scratch.buffer,
          object ? message : null,
          object ? type.table() : 0,
          flags,
          Upcalls.register(callback));
    } finally {
      scratch.release();
    }
    return future;
  }

  /** Receives; exactly one of (message, null), (null, null) at the end, (null, error). */
  final <T extends MessageLite> void receiveAsync(
      MessageClass<T> type, BiConsumer<T, Throwable> received) {
    begin(RECEIVING);
    Upcalls.Received callback =
        (slot, size, large) -> {
          done(RECEIVING);
          T message = null;
          Throwable error = null;
          try {
            message = size == Scratch.END ? null : slot.read(size, large, type);
          } catch (InvalidProtocolBufferException bad) {
            error = bad;
          }
          T result = message;
          Throwable failure = error;
          try {
            proceed(() -> received.accept(result, failure));
          } finally {
            leave();
          }
        };
    Native.callReceiveAsync(pointer, Upcalls.register(callback));
  }

  final Optional<Duration> timeLeft() {
    use();
    try {
      return duration(Native.callTimeLeft(pointer));
    } finally {
      leave();
    }
  }

  static Optional<Duration> duration(long nanos) {
    return nanos == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
  }

  final Optional<String> transport() {
    use();
    try {
      return Optional.ofNullable(Native.callTransport(pointer)).map(Native::text);
    } finally {
      leave();
    }
  }

  final String peer() {
    use();
    try {
      return Native.text(Native.callPeer(pointer));
    } finally {
      leave();
    }
  }
}
