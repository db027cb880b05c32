package io.polycall;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * An ordered list of key to value that travels with a call; keys may repeat.
 *
 * <p>Keys are lower-case ASCII letters, digits, "-", "_" and "."; upper-case letters are lowered. A
 * key that ends in "-bin" holds bytes, every other printable ASCII. Keys that begin with "grpc-",
 * "polycall-" or ":" are the runtime's own; a call that carries one, or anything else that is not
 * allowed, ends INVALID_ARGUMENT. One thread at a time.
 */
public final class Metadata implements Iterable<Metadata.Entry> {
  /** One key and its value. */
  public static final class Entry {
    private final String key;
    private final byte[] value;

    Entry(String key, byte[] value) {
      this.key = key;
      this.value = value;
    }

    /**
     * The key.
     *
     * @return in lower case
     */
    public String key() {
      return key;
    }

    /**
     * The value as text.
     *
     * @return for a key that ends in "-bin", its bytes one for each character
     */
    public String value() {
      return new String(value, StandardCharsets.ISO_8859_1);
    }

    /**
     * The value's bytes.
     *
     * @return a copy
     */
    public byte[] bytes() {
      return value.clone();
    }

    @Override
    public String toString() {
      return key + "=" + (key.endsWith("-bin") ? value.length + " bytes" : value());
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  /** An empty list. */
  public Metadata() {}

  /**
   * A list of one entry.
   *
   * @param key the key
   * @param value printable ASCII
   * @return a new list
   */
  public static Metadata of(String key, String value) {
    return new Metadata().add(key, value);
  }

  /**
   * Adds a text.
   *
   * @param key the key
   * @param value printable ASCII
   * @return this
   */
  public Metadata add(String key, String value) {
    return add(key, value.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Adds bytes.
   *
   * @param key a key that ends in "-bin"
   * @param value copied
   * @return this
   */
  public Metadata add(String key, byte[] value) {
    Objects.requireNonNull(key, "key");
    entries.add(new Entry(key.toLowerCase(Locale.ROOT), value.clone()));
    return this;
  }

  /**
   * The last value of a key, as text.
   *
   * @param key the key
   * @return null if there is none
   */
  public String get(String key) {
    byte[] value = find(key);
    return value == null ? null : new String(value, StandardCharsets.ISO_8859_1);
  }

  /**
   * The last value of a key, as bytes.
   *
   * @param key the key
   * @return a copy; null if there is none
   */
  public byte[] getBytes(String key) {
    byte[] value = find(key);
    return value == null ? null : value.clone();
  }

  /**
   * The number of entries.
   *
   * @return at least 0
   */
  public int size() {
    return entries.size();
  }

  /**
   * Whether there is no entry.
   *
   * @return true if so
   */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  @Override
  public Iterator<Entry> iterator() {
    return List.copyOf(entries).iterator();
  }

  @Override
  public String toString() {
    return entries.toString();
  }

  private byte[] find(String key) {
    String wanted = key.toLowerCase(Locale.ROOT);
    for (int i = entries.size() - 1; i >= 0; --i) {
      if (entries.get(i).key.equals(wanted)) {
        return entries.get(i).value;
      }
    }
    return null;
  }

  /** What native code reads: keys and values in turn; null for none. */
  static Object[] toNative(Metadata metadata, int from) {
    if (metadata == null || metadata.entries.size() <= from) {
      return null;
    }
    Object[] flat = new Object[2 * (metadata.entries.size() - from)];
    for (int i = 0; i < flat.length; i += 2) {
      Entry entry = metadata.entries.get(from + i / 2);
      flat[i] = Native.utf8(entry.key);
      flat[i + 1] = entry.value;
    }
    return flat;
  }

  static Metadata fromNative(Object[] flat) {
    Metadata metadata = new Metadata();
    for (int i = 0; flat != null && i < flat.length; i += 2) {
      metadata.entries.add(new Entry(Native.text((byte[]) flat[i]), (byte[]) flat[i + 1]));
    }
    return metadata;
  }

  Metadata copy() {
    Metadata copy = new Metadata();
    copy.entries.addAll(entries);
    return copy;
  }
}
