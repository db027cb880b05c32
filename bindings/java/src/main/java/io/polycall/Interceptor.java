package io.polycall;

/**
 * Sees the calls of a channel or server that was given it, in the order of the list.
 *
 * <p>The functions run on the thread that makes the event, for many calls at once, and should be
 * short. The call is one object from {@link #started} to {@link #finished}: an interceptor may keep
 * what it wants to know in its {@link InterceptedCall#attachment}.
 */
public interface Interceptor {
  /**
   * A call starts.
   *
   * @param call the call
   * @param metadata a caller's interceptor may add to what will be sent; a server's reads what was
   *     received
   * @throws StatusException to end the call with its status: the rest does not see it
   */
  default void started(InterceptedCall call, Metadata metadata) {}

  /**
   * A message was accepted from, or is about to be given to, the user's code.
   *
   * @param call the call
   * @param message its bytes, not to be changed
   * @param sent whether the user's code sent it
   */
  default void message(InterceptedCall call, byte[] message, boolean sent) {}

  /**
   * The call ended: its last event.
   *
   * @param call the call
   * @param status its outcome
   * @return another status in its place, or null to leave it
   */
  default Status finished(InterceptedCall call, Status status) {
    return null;
  }
}
