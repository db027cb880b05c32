package interop;

import dev.polycall.testing.PolycallTest.Counters;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What was counted under a key. Any thread. */
final class Tally {
  private static final ConcurrentHashMap<String, Tally> ALL = new ConcurrentHashMap<>();

  final AtomicLong started = new AtomicLong();
  final AtomicLong finished = new AtomicLong();
  final AtomicLong cancelled = new AtomicLong();
  final AtomicLong sent = new AtomicLong();
  final AtomicLong received = new AtomicLong();

  static Tally of(String key) {
    return ALL.computeIfAbsent(key, unused -> new Tally());
  }

  Counters counters() {
    return Counters.newBuilder()
        .setStarted(started.get())
        .setFinished(finished.get())
        .setCancelled(cancelled.get())
        .setSent(sent.get())
        .setReceived(received.get())
        .build();
  }
}
