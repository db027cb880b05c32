package io.polycall;

/** The four kinds of call. */
public enum MethodKind {
  /** One request, one response. */
  UNARY,
  /** Many requests, one response. */
  CLIENT_STREAMING,
  /** One request, many responses. */
  SERVER_STREAMING,
  /** Many requests, many responses. */
  BIDI_STREAMING;

  private static final MethodKind[] KINDS = values();

  boolean clientStreams() {
    return this == CLIENT_STREAMING || this == BIDI_STREAMING;
  }

  boolean serverStreams() {
    return this == SERVER_STREAMING || this == BIDI_STREAMING;
  }

  static MethodKind of(int number) {
    return KINDS[number];
  }
}
