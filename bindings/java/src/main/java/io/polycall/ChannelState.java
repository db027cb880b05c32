package io.polycall;

/** How a channel is connected. */
public enum ChannelState {
  /** Not connected; a call would connect. */
  IDLE,
  /** A connection is being made. */
  CONNECTING,
  /** Connected. */
  READY,
  /** The last attempt failed; another follows after a while, or with the next call. */
  TRANSIENT_FAILURE;

  private static final ChannelState[] STATES = values();

  static ChannelState of(int number) {
    return STATES[number];
  }
}
