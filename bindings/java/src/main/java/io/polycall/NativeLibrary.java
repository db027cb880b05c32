package io.polycall;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/**
 * Finds and loads libpolycall_jni.so, and with it libpolycall.so.
 *
 * <p>Both are inside the jar, with the modules that libpolycall.so loads from beside itself when they
 * are first needed; a copy goes to a folder of its own in {@code java.io.tmpdir}, and is removed when
 * the virtual machine ends. A process that has a libpolycall.so already keeps using that one: the dynamic
 * linker knows it by its name. The system property {@code io.polycall.library} names a
 * libpolycall_jni.so to load instead of the jar's.
 */
final class NativeLibrary {
  static final String PROPERTY = "io.polycall.library";
  private static final String JNI = "libpolycall_jni.so";
  /** Names of what is in the jar, one in each line. */
  private static final String LIST = "files";

  private NativeLibrary() {}

  static void load() {
    String given = System.getProperty(PROPERTY);
    if (given != null) {
      System.load(Path.of(given).toAbsolutePath().toString());
    } else {
      loadFromJar();
    }
    if (Native.abiVersion() == 0) {
      throw new UnsatisfiedLinkError(
          "the libpolycall.so of this process is older than this io.polycall; use the one that"
              + " belongs to it, or name its libpolycall_jni.so by -D"
              + PROPERTY
              + "=FILE");
    }
  }

  private static void loadFromJar() {
    String place = "/META-INF/native/" + platform() + "/";
    Path folder = null;
    try {
      folder = Files.createTempDirectory("polycall-");
      // In this order, since files are removed in the reverse one.
      folder.toFile().deleteOnExit();
      for (String file : list(place)) {
        Path copy = folder.resolve(file);
        copy.toFile().deleteOnExit();
        extract(place + file, copy);
      }
      System.load(folder.resolve(JNI).toString());
    } catch (IOException error) {
      throw unsatisfied("cannot unpack PolyCall's native library to " + folder, error);
    } catch (UnsatisfiedLinkError error) {
      throw unsatisfied(
          "cannot load PolyCall's native library from "
              + folder
              + " (a folder that allows no programs? -Djava.io.tmpdir=FOLDER chooses another)",
          error);
    }
  }

  private static List<String> list(String place) throws IOException {
    try (InputStream stream = open(place + LIST)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static UnsatisfiedLinkError unsatisfied(String message, Throwable cause) {
    UnsatisfiedLinkError error = new UnsatisfiedLinkError(message + ": " + cause.getMessage());
    error.initCause(cause);
    return error;
  }

  /** "linux-x86_64". */
  private static String platform() {
    String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return system + "-" + (machine.equals("amd64") ? "x86_64" : machine);
  }

  private static void extract(String resource, Path file) throws IOException {
    try (InputStream stream = open(resource)) {
      Files.copy(stream, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static InputStream open(String resource) throws IOException {
    InputStream stream = NativeLibrary.class.getResourceAsStream(resource);
    if (stream == null) {
      throw new IOException(
          "the jar has no "
              + resource
              + "; it was built for another platform: name a libpolycall_jni.so by -D"
              + PROPERTY
              + "=FILE");
    }
    return stream;
  }
}
