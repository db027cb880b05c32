package io.polycall;

import java.time.Duration;
import java.util.List;

/** The options of a channel. Immutable; each function gives a changed copy. */
public final class ChannelOptions {
  /** All defaults. */
  public static final ChannelOptions DEFAULT =
      new ChannelOptions(Limits.DEFAULT, new long[4], List.of(), null, null);

  final Limits limits;
  final long[] numbers;
  final List<Interceptor> interceptors;
  final List<String> transports;
  final String userAgent;

  private ChannelOptions(
      Limits limits,
      long[] numbers,
      List<Interceptor> interceptors,
      List<String> transports,
      String userAgent) {
    this.limits = limits;
    this.numbers = numbers;
    this.interceptors = interceptors;
    this.transports = transports;
    this.userAgent = userAgent;
  }

  /**
   * Bounds.
   *
   * @param limits the bounds
   * @return a changed copy
   */
  public ChannelOptions limits(Limits limits) {
    return new ChannelOptions(limits, numbers, interceptors, transports, userAgent);
  }

  /**
   * Bounds one attempt to connect, handshake included; 5 s by default.
   *
   * @param timeout the bound
   * @return a changed copy
   */
  public ChannelOptions connectTimeout(Duration timeout) {
    return with(0, Native.nanos(timeout));
  }

  /**
   * The first wait between attempts, of calls and of connections; 50 ms by default.
   *
   * @param wait the wait, which grows by 1.6 from attempt to attempt
   * @return a changed copy
   */
  public ChannelOptions initialBackoff(Duration wait) {
    return with(1, Native.nanos(wait));
  }

  /**
   * The longest wait between attempts; 10 s by default.
   *
   * @param wait the wait
   * @return a changed copy
   */
  public ChannelOptions maxBackoff(Duration wait) {
    return with(2, Native.nanos(wait));
  }

  /**
   * How often one call may be tried; 3 by default. Calls that never started at the peer are retried,
   * and idempotent ones that ended UNAVAILABLE.
   *
   * @param attempts 1: no retries
   * @return a changed copy
   */
  public ChannelOptions maxAttempts(int attempts) {
    return with(3, attempts);
  }

  /**
   * What sees every call.
   *
   * @param interceptors in the order in which they see a call start
   * @return a changed copy
   */
  public ChannelOptions interceptors(Interceptor... interceptors) {
    return new ChannelOptions(limits, numbers, List.of(interceptors), transports, userAgent);
  }

  /**
   * The transports that may be used; all by default.
   *
   * @param names "unix", "tcp" and so on, best first
   * @return a changed copy
   */
  public ChannelOptions transports(String... names) {
    return new ChannelOptions(limits, numbers, interceptors, List.of(names), userAgent);
  }

  /**
   * What the peer's logs show.
   *
   * @param userAgent a name
   * @return a changed copy
   */
  public ChannelOptions userAgent(String userAgent) {
    return new ChannelOptions(limits, numbers, interceptors, transports, userAgent);
  }

  private ChannelOptions with(int index, long number) {
    if (number < 0) {
      throw new IllegalArgumentException("a channel option cannot be negative: " + number);
    }
    long[] changed = numbers.clone();
    changed[index] = number;
    return new ChannelOptions(limits, changed, interceptors, transports, userAgent);
  }
}
