package io.polycall;

import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.Optional;

/**
 * What all streaming calls of a caller share. Closing one cancels a call that has not ended; one that
 * is forgotten is closed when the garbage collector finds it. One thread at a time sends, one at a
 * time receives; every other function is for any thread.
 */
public abstract class StreamCall implements AutoCloseable {
  final ClientCall call;
  private final Cleaner.Cleanable cleanable;

  StreamCall(ClientCall call) {
    this.call = call;
    cleanable = Closer.CLEANER.register(this, call::close);
  }

  /** Cancels the call: it ends CANCELLED at once. No effect on one that has ended. */
  public final void cancel() {
    call.cancel();
  }

  /** Cancels the call unless it has ended. Its status can still be asked for. */
  @Override
  public final void close() {
    call.cancel();
    call.status(); // has ended now; what the handler said is kept
    cleanable.clean();
  }

  /**
   * The transport in use.
   *
   * @return "unix"; empty while the call has no connection, and after its end
   */
  public final Optional<String> transport() {
    return call.isClosed() ? Optional.empty() : call.transport();
  }

  /**
   * The time to the deadline.
   *
   * @return at least zero; empty without a deadline, and after the call's end
   */
  public final Optional<Duration> timeLeft() {
    return call.isClosed() ? Optional.empty() : call.timeLeft();
  }
}
