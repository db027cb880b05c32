package io.polycall;

import java.util.function.BiConsumer;

/** The log of the runtime, for the whole process. What handlers throw goes to System.Logger. */
public final class Log {
  /** How grave a line is. */
  public enum Level {
    /** What happens, in detail. */
    DEBUG,
    /** What happens. */
    INFO,
    /** What may need somebody's attention. */
    WARNING,
    /** What does. */
    ERROR,
    /** Above all lines. */
    NONE;

    private static final Level[] LEVELS = values();
  }

  private static volatile BiConsumer<Level, String> sink;

  private Log() {}

  /**
   * Sends lines of at least a level to standard error. At start the level is WARNING, or what the
   * environment's {@code POLYCALL_LOG} says.
   *
   * @param level the least level
   */
  public static void set(Level level) {
    Native.logSet(level.ordinal(), false);
    sink = null;
  }

  /**
   * Sends lines of at least a level to a function of the program's.
   *
   * @param level the least level
   * @param sink called from any thread, several at once; should be short
   */
  public static void set(Level level, BiConsumer<Level, String> sink) {
    Log.sink = java.util.Objects.requireNonNull(sink, "sink");
    Native.logSet(level.ordinal(), true);
  }

  static void deliver(int level, String text) {
    BiConsumer<Level, String> to = sink;
    if (to != null) {
      to.accept(Level.LEVELS[level], text);
    }
  }
}
