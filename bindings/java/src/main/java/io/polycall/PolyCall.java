package io.polycall;

/** The library as a whole. */
public final class PolyCall {
  private PolyCall() {}

  /**
   * The version of the native library.
   *
   * @return "0.1.0"
   */
  public static String version() {
    return Native.text(Native.version());
  }

  /**
   * Which hosts there are, and which language runtimes this process holds.
   *
   * @return a JSON object with places, hosts and runtimes
   */
  public static String hosts() {
    return Native.text(Native.hosts());
  }
}
