package io.polycall;

/** The canonical codes, with gRPC's numbers. Each is defined by what the caller may do. */
public enum StatusCode {
  /** Success. */
  OK,
  /** The caller cancelled; do not retry. */
  CANCELLED,
  /** The handler failed without saying how; do not retry. */
  UNKNOWN,
  /** Wrong whatever the state; do not retry. */
  INVALID_ARGUMENT,
  /** May have taken effect; retry only if idempotent. */
  DEADLINE_EXCEEDED,
  /** Do not retry. */
  NOT_FOUND,
  /** Do not retry. */
  ALREADY_EXISTS,
  /** Do not retry. */
  PERMISSION_DENIED,
  /** A limit was met; retry later, or with less. */
  RESOURCE_EXHAUSTED,
  /** Retry after the state was mended. */
  FAILED_PRECONDITION,
  /** A conflict; retry higher up (the whole transaction). */
  ABORTED,
  /** Do not retry. */
  OUT_OF_RANGE,
  /** No such service or method; do not retry. */
  UNIMPLEMENTED,
  /** An invariant broke; do not retry. */
  INTERNAL,
  /** The peer is not there now; retry the call, with back-off. */
  UNAVAILABLE,
  /** Do not retry. */
  DATA_LOSS,
  /** Retry with credentials. */
  UNAUTHENTICATED;

  private static final StatusCode[] CODES = values();

  /**
   * The number of the code, as peers send it.
   *
   * @return 0 for {@link #OK} to 16 for {@link #UNAUTHENTICATED}
   */
  public int number() {
    return ordinal();
  }

  /**
   * The code of a number.
   *
   * @param number a code as a peer sent it
   * @return the code; {@link #UNKNOWN} for a number that is none, as every peer reads it
   */
  public static StatusCode of(int number) {
    return number >= 0 && number < CODES.length ? CODES[number] : UNKNOWN;
  }
}
