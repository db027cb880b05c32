package io.polycall;

/**
 * Gets the messages of a stream as they come: any number of {@link #onNext}, then either {@link
 * #onCompleted} or {@link #onError}. Called on the runtime's threads, one call at a time; the next
 * message is asked for when onNext has returned, so that a slow observer slows its sender down.
 *
 * @param <T> the class of messages
 */
public interface Observer<T> {
  /**
   * A message.
   *
   * @param message never null
   */
  void onNext(T message);

  /** The stream ended well. */
  default void onCompleted() {}

  /**
   * The stream ended otherwise.
   *
   * @param error a {@link StatusException}, or what onNext threw
   */
  default void onError(Throwable error) {}
}
