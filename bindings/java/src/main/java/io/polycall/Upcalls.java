package io.polycall;

import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What native code calls. An asynchronous function is given the number of a callback and not a
 * reference to it, so that one that comes late, or never, refers to nothing that is gone.
 */
final class Upcalls {
  /** The end of a call with its response. */
  interface UnaryDone {
    void done(
        UpcallSlot slot,
        int size,
        Object large,
        Status status,
        Object[] initialMetadata,
        Object[] trailingMetadata);
  }

  interface SendDone {
    void done(int code);
  }

  interface Received {
    void received(UpcallSlot slot, int size, Object large);
  }

  interface Ended {
    void ended(Status status);
  }

  private static final ConcurrentHashMap<Long, Object> CALLBACKS = new ConcurrentHashMap<>();
  private static final AtomicLong LAST = new AtomicLong();

  private Upcalls() {}

  /** The number under which native code knows the callback; never 0. */
  static long register(Object callback) {
    long id = LAST.incrementAndGet();
    CALLBACKS.put(id, callback);
    return id;
  }

  static Object forget(long id) {
    return CALLBACKS.remove(id);
  }

  static int pending() {
    return CALLBACKS.size();
  }

  // Called by native code, which sees no exception but of a virtual machine without memory.

  static int handle(
      MethodHandler<?, ?> handler, long call, UpcallSlot slot, int size, Object large) {
    return handler.handle(call, slot, size, large);
  }

  static void unaryDone(
      long id,
      UpcallSlot slot,
      int size,
      Object large,
      int code,
      byte[] message,
      byte[] details,
      Object[] initialMetadata,
      Object[] trailingMetadata) {
    Object callback = forget(id);
    if (callback == null) {
      return;
    }
    Status status =
        code == 0 && slot == null
            ? new Status(StatusCode.RESOURCE_EXHAUSTED, "no memory for the response")
            : Status.fromNative(code, message, details);
    guard(
        () ->
            ((UnaryDone) callback)
                .done(slot, size, large, status, initialMetadata, trailingMetadata));
  }

  static void sendDone(long id, int code) {
    Object callback = forget(id);
    if (callback != null) {
      guard(() -> ((SendDone) callback).done(code));
    }
  }

  static void received(long id, UpcallSlot slot, int size, Object large) {
    Object callback = forget(id);
    if (callback != null) {
      guard(() -> ((Received) callback).received(slot, size, large));
    }
  }

  static void ended(long id, int code, byte[] message, byte[] details) {
    Object callback = forget(id);
    if (callback != null) {
      guard(() -> ((Ended) callback).ended(Status.fromNative(code, message, details)));
    }
  }

  static void cancelled(long id) {
    Object callback = forget(id);
    if (callback != null) {
      guard((Runnable) callback);
    }
  }

  static UpcallSlot newSlot(ByteBuffer in, ByteBuffer out) {
    return new UpcallSlot(in, out);
  }

  static Throwable statusException(int code, byte[] message, byte[] details) {
    return new StatusException(Status.fromNative(code, message, details));
  }

  /** {message, details}; the code to {@code code[0]}. */
  static Object[] toStatus(Throwable error, int[] code) {
    Status status = Failures.status(error);
    code[0] = status.code().number();
    return parts(status);
  }

  static InterceptedCall newIntercepted(long call) {
    return new InterceptedCall(call);
  }

  /** What the interceptor added to the metadata; null for nothing. */
  static Object[] interceptStarted(Interceptor interceptor, InterceptedCall call, Object[] flat) {
    Metadata metadata = Metadata.fromNative(flat);
    int before = metadata.size();
    interceptor.started(call, metadata);
    return Metadata.toNative(metadata, before);
  }

  static void interceptMessage(
      Interceptor interceptor, InterceptedCall call, Object bytes, boolean sent) {
    guard(() -> interceptor.message(call, (byte[]) bytes, sent));
  }

  /** The parts of another status, with its code; null to leave it. */
  static Object[] interceptFinished(
      Interceptor interceptor,
      InterceptedCall call,
      int code,
      byte[] message,
      byte[] details,
      int[] newCode) {
    try {
      Status changed = interceptor.finished(call, Status.fromNative(code, message, details));
      if (changed == null) {
        return null;
      }
      newCode[0] = changed.code().number();
      return parts(changed);
    } catch (Throwable error) {
      Failures.log("an interceptor failed", error);
      return null;
    } finally {
      call.end();
    }
  }

  static void log(int level, byte[] text) {
    guard(() -> Log.deliver(level, Native.text(text)));
  }

  static int encodedSize(Object message) {
    MessageLite lite = (MessageLite) message;
    return lite.isInitialized() ? lite.getSerializedSize() : -1;
  }

  static boolean encode(Object message, ByteBuffer out) {
    MessageClass.write((MessageLite) message, out);
    return true;
  }

  private static byte[][] parts(Status status) {
    return new byte[][] {
      Native.utf8(status.message()),
      status.details().isEmpty() ? null : status.details().toByteArray()
    };
  }

  /** Runs somebody's callback: what it throws is logged. */
  private static void guard(Runnable callback) {
    try {
      callback.run();
    } catch (Throwable error) {
      Failures.log("a callback failed", error);
    }
  }
}
