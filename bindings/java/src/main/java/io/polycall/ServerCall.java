package io.polycall;

import com.google.protobuf.MessageLite;

/**
 * A handler's call. Its reference goes with the one finish; who still looks at it then keeps it by a
 * reference of its own.
 */
final class ServerCall extends NativeCall {
  final String label;
  private volatile long onCancel;

  ServerCall(long pointer, String label) {
    super(pointer);
    this.label = label;
  }

  @Override
  void release() {
    Native.callRelease(pointer);
  }

  @Override
  RuntimeException ended() {
    return Failures.closed("the call of " + label + " has ended");
  }

  /** Calls that the continuation makes inherit from this one. */
  @Override
  void proceed(Runnable continuation) {
    long outer = Native.callSetCurrent(pointer);
    try {
      continuation.run();
    } finally {
      Native.callSetCurrent(outer);
    }
  }

  /** The right to finish, which one thread gets; after it only finish may be called. */
  boolean end() {
    if (!closeAndKeep()) {
      return false;
    }
    long id = onCancel;
    if (id != 0) {
      Upcalls.forget(id);
    }
    return true;
  }

  void finish() {
    if (end()) {
      Native.callFinish(pointer, 0, 0, 0, null, 0, false);
    }
  }

  void finish(MessageLite response) {
    Scratch scratch = Scratch.acquire();
    try {
      scratch.encode(response);
      if (end()) {
        Native.callFinish(pointer, scratch.data, scratch.size, scratch.buffer, null, 0, true);
      }
    } finally {
      scratch.release();
    }
  }

  void finishWithObject(MessageLite response, MessageClass<?> type) {
    long table = type.table();
    if (end()) {
      Native.callFinish(pointer, 0, 0, 0, response, table, true);
    }
  }

  /** Ends the call with what was thrown. Does not throw, whatever memory and stack are left. */
  void fail(Throwable error) {
    try {
      if (!Failures.isMeant(error)) {
        Failures.log("the handler of " + label + " failed", error);
      }
      Status status = Failures.status(error);
      byte[] message = Native.utf8(status.message());
      byte[] details = status.details().isEmpty() ? null : status.details().toByteArray();
      if (end()) {
        Native.callFail(pointer, status.code().number(), message, details);
      }
    } catch (Throwable worse) {
      if (end()) {
        Native.callFailWithoutMemory(pointer);
      }
    }
  }

  void onCancel(Runnable action) {
    use();
    try {
      long id = action == null ? 0 : Upcalls.register(action);
      long before = onCancel;
      onCancel = id;
      Native.callOnCancel(pointer, id);
      if (before != 0) {
        Upcalls.forget(before);
      }
      if (id != 0 && isClosed()) {
        Upcalls.forget(id); // the call ended meanwhile
      }
    } finally {
      leave();
    }
  }

  boolean isCancelled() {
    if (!enter()) {
      return false;
    }
    try {
      return Native.callIsCancelled(pointer);
    } finally {
      leave();
    }
  }
}
