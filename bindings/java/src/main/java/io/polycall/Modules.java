package io.polycall;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What libpolycall_host_java.so calls: loading modules of Java for a server of somebody else's.
 *
 * <p>A module is written {@code path.jar[:path.jar...]!com.example.Module}, or {@code
 * com.example.Module} for a class on the class path, and has a function {@code public static void
 * register(Server server)}.
 */
final class Modules {
  private static final Map<String, ClassLoader> LOADERS = new HashMap<>(); // guarded by Modules.class

  private Modules() {}

  /** Null, or {message, details} of why it failed, with the code in {@code code[0]}. */
  static Object[] load(long server, byte[] module, int[] code) {
    try {
      register(Native.text(module), server);
      return null;
    } catch (Throwable error) {
      Status status = Failures.status(error);
      code[0] = status.code().number();
      return new Object[] {
        Native.utf8(status.message() + place(error)),
        status.details().isEmpty() ? null : status.details().toByteArray()
      };
    }
  }

  /** What was printed without a line's end would be lost. */
  static void atExit() {
    System.out.flush();
    System.err.flush();
  }

  private static void register(String text, long pointer) throws Throwable {
    Method register = find(text);
    Server server = Server.borrow(pointer);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(register.getDeclaringClass().getClassLoader());
    try {
      register.invoke(null, server);
    } catch (InvocationTargetException error) {
      throw error.getCause();
    } finally {
      thread.setContextClassLoader(before);
      server.close();
    }
  }

  private static Method find(String text) {
    int mark = text.lastIndexOf('!');
    String path = mark < 0 ? "" : text.substring(0, mark);
    String name = text.substring(mark + 1);
    try {
      Class<?> type = Class.forName(name, true, loader(path));
      Method register = type.getMethod("register", Server.class);
      if (!Modifier.isStatic(register.getModifiers())
          || !Modifier.isPublic(type.getModifiers())
          || register.getReturnType() != void.class) {
        throw new NoSuchMethodException();
      }
      return register;
    } catch (ClassNotFoundException | NoClassDefFoundError error) {
      throw new StatusException(
          StatusCode.NOT_FOUND,
          "there is no class "
              + error.getMessage().replace('/', '.')
              + (path.isEmpty() ? " on the class path" : " in " + path)
              + "; a Java module is written path.jar!com.example.Module");
    } catch (NoSuchMethodException error) {
      throw new StatusException(
          StatusCode.INVALID_ARGUMENT,
          name
              + " does not fit the Java host: it is to be a public class with a function"
              + " public static void register(Server server)");
    }
  }

  /** One class loader for the same path, so that a module that is loaded again is the same one. */
  private static synchronized ClassLoader loader(String path) {
    ClassLoader own = Modules.class.getClassLoader();
    if (path.isEmpty()) {
      return own;
    }
    ClassLoader known = LOADERS.get(path);
    if (known != null) {
      return known;
    }
    List<URL> urls = new ArrayList<>();
    for (String part : path.split(File.pathSeparator)) {
      File file = new File(part);
      if (!file.canRead()) {
        throw new StatusException(StatusCode.NOT_FOUND, "there is no file " + file);
      }
      try {
        urls.add(file.getAbsoluteFile().toURI().toURL());
      } catch (MalformedURLException impossible) {
        throw new IllegalArgumentException(impossible);
      }
    }
    ClassLoader made = new URLClassLoader(urls.toArray(new URL[0]), own);
    LOADERS.put(path, made);
    return made;
  }

  /** Where the module's own code failed. */
  private static String place(Throwable error) {
    for (StackTraceElement element : error.getStackTrace()) {
      String type = element.getClassName();
      if (!type.equals(Modules.class.getName())
          && !type.equals(Server.class.getName())
          && !type.startsWith("java.")
          && !type.startsWith("jdk.")
          && element.getFileName() != null) {
        return " (" + element.getFileName() + ":" + element.getLineNumber() + ")";
      }
    }
    return "";
  }
}
