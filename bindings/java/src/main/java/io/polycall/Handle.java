package io.polycall;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A native handle that is not used after its end, and does not end while it is used. Any thread.
 *
 * <p>Each use is between {@link #enter} and {@link #leave}; whoever is last after {@link #close}
 * releases.
 */
abstract class Handle {
  private static final int CLOSED = Integer.MIN_VALUE;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Handle.class, "state", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  final long pointer;

  /** The number of users; {@link #CLOSED} is added when there may be no new ones. */
  private volatile int state;

  Handle(long pointer) {
    this.pointer = pointer;
  }

  /** Begins a use; false if the handle is closed. */
  final boolean enter() {
    int seen = state;
    while (seen >= 0) {
      int found = (int) STATE.compareAndExchange(this, seen, seen + 1);
      if (found == seen) {
        return true;
      }
      seen = found;
    }
    return false;
  }

  /** Ends a use that {@link #enter} began. */
  final void leave() {
    if ((int) STATE.getAndAdd(this, -1) == CLOSED + 1) {
      release();
    }
  }

  final boolean isClosed() {
    return state < 0;
  }

  /** Closes the handle; false if somebody did before. Releases when nobody uses it any more. */
  final boolean close() {
    for (; ; ) {
      int seen = state;
      if (seen < 0) {
        return false;
      }
      if (STATE.compareAndSet(this, seen, seen | CLOSED)) {
        if (seen == 0) {
          release();
        }
        return true;
      }
    }
  }

  /**
   * Closes the handle without releasing it, because its reference is about to be given away. Users
   * that are left keep it by a reference of their own, which {@link #release} ends.
   */
  final boolean closeAndKeep() {
    for (; ; ) {
      int seen = state;
      if (seen < 0) {
        return false;
      }
      if (seen == 0) {
        if (STATE.compareAndSet(this, 0, CLOSED)) {
          return true;
        }
        continue;
      }
      Native.callRetain(pointer);
      if (STATE.compareAndSet(this, seen, seen | CLOSED)) {
        return true;
      }
      Native.callRelease(pointer);
    }
  }

  /** Ends the native handle; called once, by whoever is last. */
  abstract void release();
}
