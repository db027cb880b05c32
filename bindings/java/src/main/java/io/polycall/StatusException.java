package io.polycall;

import com.google.protobuf.ByteString;

/**
 * A call ended with another status than OK. Thrown in a handler, it ends the call so.
 *
 * <p>Unchecked, because almost every call may fail and few callers can mend it where they stand.
 */
public class StatusException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Status status;
  private final transient Metadata initialMetadata;
  private final transient Metadata trailingMetadata;

  /**
   * An exception with a status that is not OK.
   *
   * @param status the status
   * @throws IllegalArgumentException if the status is OK
   */
  public StatusException(Status status) {
    this(status, null, null);
  }

  /**
   * An exception with a status without details.
   *
   * @param code any code but OK
   * @param message what went wrong, where, and what to do
   * @throws IllegalArgumentException if the code is OK
   */
  public StatusException(StatusCode code, String message) {
    this(new Status(code, message));
  }

  StatusException(Status status, Metadata initialMetadata, Metadata trailingMetadata) {
    super(status.toString());
    if (status.isOk()) {
      throw new IllegalArgumentException("a StatusException cannot be OK");
    }
    this.status = status;
    this.initialMetadata = initialMetadata;
    this.trailingMetadata = trailingMetadata;
  }

  /**
   * The status.
   *
   * @return never OK
   */
  public Status status() {
    // A deserialized exception keeps its text only.
    return status == null ? new Status(StatusCode.UNKNOWN, String.valueOf(getMessage())) : status;
  }

  /**
   * The status's code.
   *
   * @return any but OK
   */
  public StatusCode code() {
    return status().code();
  }

  /**
   * The status's message, without the code that {@link #getMessage} puts before it.
   *
   * @return may be empty
   */
  public String statusMessage() {
    return status().message();
  }

  /**
   * The status's details.
   *
   * @return a serialized {@code google.rpc.Status}, or empty
   */
  public ByteString details() {
    return status().details();
  }

  /**
   * What the handler sent ahead of its messages, where known: always for streams, for unary calls
   * only if the caller asked for a {@link CallInfo}.
   *
   * @return may be empty
   */
  public Metadata initialMetadata() {
    return initialMetadata == null ? new Metadata() : initialMetadata;
  }

  /**
   * What the handler sent with the status; known as {@link #initialMetadata} is.
   *
   * @return may be empty
   */
  public Metadata trailingMetadata() {
    return trailingMetadata == null ? new Metadata() : trailingMetadata;
  }
}
