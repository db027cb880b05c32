package io.polycall;

import java.lang.ref.Cleaner;
import java.util.concurrent.LinkedBlockingQueue;

/** Ends what was forgotten, and what must not be ended where its end was noticed. */
final class Closer {
  /** Ends handles whose objects nobody refers to any more. */
  static final Cleaner CLEANER = Cleaner.create();

  private static final LinkedBlockingQueue<Runnable> QUEUE = new LinkedBlockingQueue<>();

  static {
    Thread thread = new Thread(Closer::run, "polycall-closer");
    thread.setDaemon(true);
    thread.start();
  }

  private Closer() {}

  /** Runs `end` here, or on a thread of its own if this one runs a callback of the runtime's. */
  static void run(Runnable end) {
    if (Native.insideUpcall()) {
      QUEUE.add(end);
    } else {
      end.run();
    }
  }

  private static void run() {
    for (; ; ) {
      try {
        QUEUE.take().run();
      } catch (Throwable error) {
        Failures.log("a handle could not be closed", error);
      }
    }
  }
}
