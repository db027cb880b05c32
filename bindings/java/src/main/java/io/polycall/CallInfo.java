package io.polycall;

/**
 * What a caller may want to know of a unary call besides its response; filled when the call ends.
 * For one call at a time.
 */
public final class CallInfo {
  private volatile Metadata initialMetadata = new Metadata();
  private volatile Metadata trailingMetadata = new Metadata();

  /** Empty until a call that was given it has ended. */
  public CallInfo() {}

  /**
   * What the handler sent ahead of its response.
   *
   * @return may be empty
   */
  public Metadata initialMetadata() {
    return initialMetadata;
  }

  /**
   * What the handler sent with the status.
   *
   * @return may be empty
   */
  public Metadata trailingMetadata() {
    return trailingMetadata;
  }

  void fill(Metadata initial, Metadata trailing) {
    initialMetadata = initial;
    trailingMetadata = trailing;
  }
}
