package io.polycall;

/** What the streams of a blocking caller share. */
abstract class BlockingStreamCall extends StreamCall {
  BlockingStreamCall(ClientCall call) {
    super(call);
  }

  /**
   * Waits for the call's end. Messages that were not received are dropped.
   *
   * @return its status, whatever it is
   */
  public final Status status() {
    return call.status();
  }

  /**
   * Waits for the handler's initial metadata, its first message or the end.
   *
   * @return may be empty
   */
  public final Metadata initialMetadata() {
    return call.initialMetadata();
  }

  /**
   * Waits for the call's end. Messages that were not received are dropped.
   *
   * @return what came with the status; may be empty
   */
  public final Metadata trailingMetadata() {
    return call.trailingMetadata();
  }
}
