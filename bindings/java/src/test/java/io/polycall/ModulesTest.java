package io.polycall;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcClient;
import org.junit.Test;

/** The Java host in a Java program: POLYCALL_HOST_PATH leads to it. */
public class ModulesTest {
  /** A module of this very program. */
  public static final class Good {
    public static void register(Server server) {
      server.add(new BlockingCalc());
      StatusException refused =
          assertThrows(StatusException.class, () -> server.listen("inproc:not-mine"));
      assertEquals(StatusCode.FAILED_PRECONDITION, refused.code());
    }
  }

  /** One that fails. */
  public static final class Failing {
    public static void register(Server server) {
      throw new IllegalStateException("no recipe");
    }
  }

  private static StatusException refused(String language, String module) {
    try (Server server = new Server()) {
      return assertThrows(StatusException.class, () -> server.load(language, module));
    }
  }

  @Test(timeout = 60_000)
  public void aModuleOfThisVirtualMachineIsServed() {
    try (Server server = new Server()) {
      server.load("java", "io.polycall.ModulesTest$Good");
      String target = server.listen("inproc:modules");
      server.start();
      try (Channel channel = new Channel(target)) {
        assertEquals(3, new CalcClient(channel).add(CalcServer.request(1, 2)).getValue());
      }
    }
    assertTrue(PolyCall.hosts(), PolyCall.hosts().contains("\"jvm\""));
  }

  @Test(timeout = 60_000)
  public void whatIsNoModuleIsRefusedWithAReason() {
    assertEquals(StatusCode.NOT_FOUND, refused("java", "no.such.Class").code());
    StatusException file = refused("java", "/no/such.jar!a.B");
    assertEquals(StatusCode.NOT_FOUND, file.code());
    assertTrue(file.getMessage(), file.getMessage().contains("/no/such.jar"));
    StatusException unfit = refused("java", "java.lang.String");
    assertEquals(StatusCode.INVALID_ARGUMENT, unfit.code());
    assertTrue(unfit.getMessage(), unfit.getMessage().contains("register(Server server)"));
    StatusException failing = refused("java", "io.polycall.ModulesTest$Failing");
    assertEquals(StatusCode.UNKNOWN, failing.code());
    assertTrue(failing.getMessage(), failing.getMessage().contains("no recipe"));
    assertTrue(failing.getMessage(), failing.getMessage().contains("ModulesTest.java:"));
    assertEquals(StatusCode.NOT_FOUND, refused("klingon", "x").code());
  }
}
