package io.polycall;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * Finds and loads libpolycall_jni.so, and with it libpolycall.so.
 *
 * <p>Both are inside the jar; a copy goes to a folder of its own in {@code java.io.tmpdir} for the
 * moment of loading. A process that has a libpolycall.so already keeps using that one: the dynamic
 * linker knows it by its name. The system property {@code io.polycall.library} names a
 * libpolycall_jni.so to load instead of the jar's.
 */
final class NativeLibrary {
  static final String PROPERTY = "io.polycall.library";
  private static final String[] FILES = {"libpolycall.so.1", "libpolycall_jni.so"};

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
      for (String file : FILES) {
        extract(place + file, folder.resolve(file));
      }
      System.load(folder.resolve(FILES[1]).toString());
    } catch (IOException error) {
      throw unsatisfied("cannot unpack PolyCall's native library to " + folder, error);
    } catch (UnsatisfiedLinkError error) {
      throw unsatisfied(
          "cannot load PolyCall's native library from "
              + folder
              + " (a folder that allows no programs? -Djava.io.tmpdir=FOLDER chooses another)",
          error);
    } finally {
      remove(folder);
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
    try (InputStream stream = NativeLibrary.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IOException(
            "the jar has no "
                + resource
                + "; it was built for another platform: name a libpolycall_jni.so by -D"
                + PROPERTY
                + "=FILE");
      }
      Files.copy(stream, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** The files are mapped by now; their names are needed no more. */
  private static void remove(Path folder) {
    if (folder == null) {
      return;
    }
    try {
      for (String file : FILES) {
        Files.deleteIfExists(folder.resolve(file));
      }
      Files.deleteIfExists(folder);
    } catch (IOException ignored) {
      // What is left in the temporary folder does no harm.
    }
  }
}
