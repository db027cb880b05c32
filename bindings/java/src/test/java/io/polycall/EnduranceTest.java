package io.polycall;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.Test;

/**
 * Eight threads call into a Java server while garbage is collected all the time. 100,000 calls, or as
 * many as POLYCALL_ENDURANCE_CALLS says.
 */
public class EnduranceTest {
  private static final int THREADS = 8;
  private static final long CALLS =
      Long.parseLong(System.getenv().getOrDefault("POLYCALL_ENDURANCE_CALLS", "100000"));
  private static final long PAGE = 4096;

  /** More than the heap may waver by, less than a leak of 200 bytes a call would be at a million. */
  private static final long SLACK = 24 << 20;

  private static long residentBytes() {
    System.gc();
    try {
      return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * PAGE;
    } catch (IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }

  private static void call(CalcClient client, long calls) throws InterruptedException {
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; ++t) {
      Thread thread =
          new Thread(
              () -> {
                for (long i = 0; i < calls / THREADS; ++i) {
                  assertEquals(i + 1, client.add(CalcServer.request(i, 1)).getValue());
                }
              });
      thread.setUncaughtExceptionHandler((who, error) -> failures.add(error));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), failures);
  }

  private static void endure(String transport) throws InterruptedException {
    AtomicBoolean done = new AtomicBoolean();
    Thread collector =
        new Thread(
            () -> {
              while (!done.get()) {
                System.gc();
                Thread.yield();
              }
            });
    collector.start();
    // Bytes over inproc too, so that every call crosses the boundary with its message.
    ServerOptions copies = ServerOptions.DEFAULT.copyRequests();
    try (CalcServer at =
        new CalcServer(transport, new BlockingCalc(), copies, ChannelOptions.DEFAULT)) {
      call(at.client(), CALLS / 4);
      long before = residentBytes();
      int callbacks = Upcalls.pending();
      call(at.client(), CALLS);
      long grown = residentBytes() - before;
      assertTrue(transport + ": the process grew by " + grown + " bytes", grown < SLACK);
      assertEquals(callbacks, Upcalls.pending());
      assertEquals(0, at.server.stats().callsInFlight());
    } finally {
      done.set(true);
      collector.join();
    }
  }

  @Test
  public void memoryStaysFlatOverUnix() throws Exception {
    endure("unix");
  }

  @Test
  public void memoryStaysFlatWithinTheProcess() throws Exception {
    endure("inproc");
  }
}
