package io.polycall;

import com.google.protobuf.ByteString;
import java.util.Objects;

/**
 * The outcome of a call. Immutable.
 *
 * @param code the canonical code
 * @param message what went wrong, where, and what to do; empty for none
 * @param details a serialized {@code google.rpc.Status}, or empty
 */
public record Status(StatusCode code, String message, ByteString details) {
  /** Success. */
  public static final Status OK = new Status(StatusCode.OK, "");

  /**
   * A status with details.
   *
   * @param code the canonical code
   * @param message what went wrong; empty for none
   * @param details a serialized {@code google.rpc.Status}, or empty
   */
  public Status {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(details, "details");
  }

  /**
   * A status without details.
   *
   * @param code the canonical code
   * @param message what went wrong; empty for none
   */
  public Status(StatusCode code, String message) {
    this(code, message, ByteString.EMPTY);
  }

  /**
   * Whether the call succeeded.
   *
   * @return true for {@link StatusCode#OK}
   */
  public boolean isOk() {
    return code == StatusCode.OK;
  }

  /** "NOT_FOUND: no such user". */
  @Override
  public String toString() {
    return message.isEmpty() ? code.name() : code.name() + ": " + message;
  }

  static Status fromNative(int code, byte[] message, byte[] details) {
    if (code == 0 && message == null && details == null) {
      return OK;
    }
    return new Status(
        StatusCode.of(code),
        Native.text(message),
        details == null ? ByteString.EMPTY : ByteString.copyFrom(details));
  }
}
