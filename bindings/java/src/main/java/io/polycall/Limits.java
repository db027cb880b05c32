package io.polycall;

import java.time.Duration;
import java.util.Arrays;

/**
 * Bounds of a channel or server, by the names that error messages give them. Immutable; each function
 * gives a changed copy. Sizes are in bytes; what is not set has the default that its text names.
 */
public final class Limits {
  /** All defaults. */
  public static final Limits DEFAULT = new Limits(new long[11]);

  private final long[] numbers;

  private Limits(long[] numbers) {
    this.numbers = numbers;
  }

  /**
   * 16 MiB; a greater message ends its call RESOURCE_EXHAUSTED.
   *
   * @param bytes the bound
   * @return a changed copy
   */
  public Limits maxMessageSize(long bytes) {
    return with(0, bytes);
  }

  /**
   * 16 KiB for all keys and values of one direction of a call.
   *
   * @param bytes the bound
   * @return a changed copy
   */
  public Limits maxMetadataSize(int bytes) {
    return with(1, bytes);
  }

  /**
   * 4096, at most 65536; further calls wait at the caller.
   *
   * @param count the bound
   * @return a changed copy
   */
  public Limits maxCallsPerConnection(int count) {
    return with(2, count);
  }

  /**
   * 16384, of servers; further ones are closed at once.
   *
   * @param count the bound
   * @return a changed copy
   */
  public Limits maxConnections(int count) {
    return with(3, count);
  }

  /**
   * 256 KiB unread in one direction of a call before its sender waits.
   *
   * @param bytes the bound
   * @return a changed copy
   */
  public Limits callWindow(int bytes) {
    return with(4, bytes);
  }

  /**
   * 16 MiB unread in one direction of a connection.
   *
   * @param bytes the bound
   * @return a changed copy
   */
  public Limits connectionWindow(int bytes) {
    return with(5, bytes);
  }

  /**
   * 16384 calls that wait for a connection or a thread; further ones end RESOURCE_EXHAUSTED.
   *
   * @param count the bound
   * @return a changed copy
   */
  public Limits maxPendingCalls(int count) {
    return with(6, count);
  }

  /**
   * 5 s from accept or connect to the end of the handshake.
   *
   * @param time the bound
   * @return a changed copy
   */
  public Limits handshakeTimeout(Duration time) {
    return with(7, Native.nanos(time));
  }

  /**
   * None; a connection without calls for so long is drained.
   *
   * @param time the bound
   * @return a changed copy
   */
  public Limits idleTimeout(Duration time) {
    return with(8, Native.nanos(time));
  }

  /**
   * 30 s of silence with calls under way until a ping.
   *
   * @param time the bound
   * @return a changed copy
   */
  public Limits keepaliveInterval(Duration time) {
    return with(9, Native.nanos(time));
  }

  /**
   * 20 s until an unanswered ping ends the connection.
   *
   * @param time the bound
   * @return a changed copy
   */
  public Limits keepaliveTimeout(Duration time) {
    return with(10, Native.nanos(time));
  }

  private Limits with(int index, long number) {
    if (number < 0) {
      throw new IllegalArgumentException("a limit cannot be negative: " + number);
    }
    long[] changed = Arrays.copyOf(numbers, numbers.length);
    changed[index] = number;
    return new Limits(changed);
  }

  long[] toNative() {
    return numbers;
  }
}
