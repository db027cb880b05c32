package io.polycall;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A stream's messages as an iterator: `receive` gives null at the end. */
final class ReceivingIterator<T> implements Iterator<T> {
  private final Supplier<T> receive;
  private T next;
  private boolean atEnd;

  ReceivingIterator(Supplier<T> receive) {
    this.receive = receive;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !atEnd) {
      next = receive.get();
      atEnd = next == null;
    }
    return next != null;
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the stream has ended");
    }
    T message = next;
    next = null;
    return message;
  }

  static <T> Stream<T> stream(Supplier<T> receive) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            new ReceivingIterator<>(receive), Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }
}
