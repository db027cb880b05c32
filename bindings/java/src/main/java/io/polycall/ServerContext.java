package io.polycall;

import java.time.Duration;
import java.util.Optional;

/**
 * One call, as its handler sees it. Any thread. After the call's end, functions that need it throw a
 * {@link StatusException} that says FAILED_PRECONDITION.
 *
 * <p>Calls that the handler makes, on its own thread or where a future of its call's goes on, inherit
 * the deadline and the cancellation; elsewhere {@link CallOptions#withParent} does it.
 */
public final class ServerContext {
  final ServerCall call;

  ServerContext(ServerCall call) {
    this.call = call;
  }

  /**
   * The service's full name.
   *
   * @return "calc.v1.Calc"
   */
  public String service() {
    call.use();
    try {
      return Native.text(Native.callService(call.pointer));
    } finally {
      call.leave();
    }
  }

  /**
   * The method's name.
   *
   * @return "Add"
   */
  public String method() {
    call.use();
    try {
      return Native.text(Native.callMethod(call.pointer));
    } finally {
      call.leave();
    }
  }

  /**
   * The transport that the call came by.
   *
   * @return "inproc", "shm", "unix", "tcp", "tls", "grpc" or "http"
   */
  public String transport() {
    return call.transport().orElse("");
  }

  /**
   * The caller's address.
   *
   * @return "tcp://127.0.0.1:4711"; of a unix peer with ",pid=..,uid=.." as the kernel vouches
   */
  public String peer() {
    return call.peer();
  }

  /**
   * Who the caller is.
   *
   * @return empty when nobody vouches for it: plain TCP, or TLS without a client certificate
   */
  public Optional<Identity> identity() {
    call.use();
    try {
      return Identity.fromNative(Native.callIdentity(call.pointer));
    } finally {
      call.leave();
    }
  }

  /**
   * The caller's metadata.
   *
   * @return a copy; may be empty
   */
  public Metadata metadata() {
    call.use();
    try {
      return Metadata.fromNative(Native.callMetadata(call.pointer));
    } finally {
      call.leave();
    }
  }

  /**
   * The time to the deadline.
   *
   * @return at least zero; empty without a deadline
   */
  public Optional<Duration> timeLeft() {
    return call.timeLeft();
  }

  /**
   * Whether the caller cancelled, its deadline passed or it is gone: the answer reaches nobody.
   *
   * @return false once the handler has ended the call
   */
  public boolean isCancelled() {
    return call.isCancelled();
  }

  /**
   * Runs an action once, on another thread, if the call is cancelled before it ends; at once if it
   * already is. A second replaces the first.
   *
   * @param action null removes it
   */
  public void onCancel(Runnable action) {
    call.onCancel(action);
  }

  /**
   * Sends metadata ahead of the first message; at most once, before any message.
   *
   * @param metadata copied
   * @throws StatusException FAILED_PRECONDITION afterwards
   */
  public void sendInitialMetadata(Metadata metadata) {
    call.use();
    try {
      Native.callSendInitialMetadata(call.pointer, Metadata.toNative(metadata, 0));
    } finally {
      call.leave();
    }
  }

  /**
   * Sets the metadata that goes with the status, in place of any set before.
   *
   * @param metadata copied
   */
  public void setTrailingMetadata(Metadata metadata) {
    call.use();
    try {
      Native.callSetTrailingMetadata(call.pointer, Metadata.toNative(metadata, 0));
    } finally {
      call.leave();
    }
  }

  /**
   * Runs an action as the handler: calls that it makes inherit from this one.
   *
   * @param action runs on this thread, before the function returns
   */
  public void run(Runnable action) {
    call.use();
    try {
      call.proceed(action);
    } finally {
      call.leave();
    }
  }
}
