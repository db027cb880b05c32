package io.polycall;

import java.time.Duration;
import java.util.List;

/** The options of a channel. Immutable; each function gives a changed copy. */
public final class ChannelOptions {
  /** All defaults. */
  public static final ChannelOptions DEFAULT =
      new ChannelOptions(Limits.DEFAULT, new long[7], List.of(), null, null, null);

  final Limits limits;
  final long[] numbers;
  final List<Interceptor> interceptors;
  final List<String> transports;
  final String userAgent;
  final TlsOptions tls;

  private ChannelOptions(
      Limits limits,
      long[] numbers,
      List<Interceptor> interceptors,
      List<String> transports,
      String userAgent,
      TlsOptions tls) {
    this.limits = limits;
    this.numbers = numbers;
    this.interceptors = interceptors;
    this.transports = transports;
    this.userAgent = userAgent;
    this.tls = tls;
  }

  /**
   * Bounds.
   *
   * @param limits the bounds
   * @return a changed copy
   */
  public ChannelOptions limits(Limits limits) {
    return new ChannelOptions(limits, numbers, interceptors, transports, userAgent, tls);
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
    return new ChannelOptions(limits, numbers, List.of(interceptors), transports, userAgent, tls);
  }

  /**
   * The transports that may be used; all by default.
   *
   * @param names "inproc", "shm", "unix", "tcp", "tls", "grpc", best first
   * @return a changed copy
   */
  public ChannelOptions transports(String... names) {
    return new ChannelOptions(limits, numbers, interceptors, List.of(names), userAgent, tls);
  }

  /**
   * What the peer's logs show.
   *
   * @param userAgent a name
   * @return a changed copy
   */
  public ChannelOptions userAgent(String userAgent) {
    return new ChannelOptions(limits, numbers, interceptors, transports, userAgent, tls);
  }

  /**
   * The certificates for "tls://" and "grpcs://" targets; the system's authorities by default.
   *
   * @param tls see there
   * @return a changed copy
   */
  public ChannelOptions tls(TlsOptions tls) {
    return new ChannelOptions(limits, numbers, interceptors, transports, userAgent, tls);
  }

  /**
   * How calls are spread over the addresses that the target stands for.
   *
   * @param balancing a way
   * @return a changed copy
   */
  public ChannelOptions balancing(Balancing balancing) {
    return with(4, balancing.ordinal());
  }

  /**
   * How often a channel in use looks for a better way to its peer, and takes it; 5 s by default.
   *
   * @param interval the time between looks
   * @return a changed copy
   */
  public ChannelOptions rewireInterval(Duration interval) {
    return with(5, Native.nanos(interval));
  }

  /**
   * Stays on the way that was found first, until it breaks.
   *
   * @return a changed copy
   */
  public ChannelOptions noRewiring() {
    return set(5, -1);
  }

  /**
   * Idempotent unary calls that are not answered after so long are sent to a second address too; the
   * first answer counts. Never by default.
   *
   * @param delay the time until the second
   * @return a changed copy
   */
  public ChannelOptions hedgingDelay(Duration delay) {
    return with(6, Native.nanos(delay));
  }

  private ChannelOptions with(int index, long number) {
    if (number < 0) {
      throw new IllegalArgumentException("a channel option cannot be negative: " + number);
    }
    return set(index, number);
  }

  private ChannelOptions set(int index, long number) {
    long[] changed = numbers.clone();
    changed[index] = number;
    return new ChannelOptions(limits, changed, interceptors, transports, userAgent, tls);
  }
}
