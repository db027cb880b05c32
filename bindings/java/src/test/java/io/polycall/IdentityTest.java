package io.polycall;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import calc.v1.CalcService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.Test;

/** Which transports may be used, who a caller is, and who may call. */
public class IdentityTest {
  private static final String SERVICE = "calc.v1.Calc";

  /** Remembers who called. */
  private static final class Door extends CalcService {
    volatile Optional<Identity> caller;

    @Override
    public AddReply add(AddRequest request, ServerContext context) {
      caller = context.identity();
      return AddReply.getDefaultInstance();
    }
  }

  private final Door door = new Door();

  private static final ChannelOptions ONCE = ChannelOptions.DEFAULT.maxAttempts(1);

  private static int uid() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private static TlsOptions certificates(String role) {
    // ctest makes them first
    Path folder = Path.of(System.getenv("POLYCALL_TEST_CERTIFICATES"));
    return TlsOptions.DEFAULT
        .ca(folder.resolve("ca.pem"))
        .certificate(folder.resolve(role + ".pem"), folder.resolve(role + ".key"));
  }

  private static AddReply call(CalcServer at) {
    return at.client().add(CalcServer.request(1, 2));
  }

  @Test(timeout = 60_000)
  public void aChannelKeepsToTheTransportsThatItIsTold() {
    try (CalcServer at =
        new CalcServer("unix", door, ServerOptions.DEFAULT, ONCE.transports("unix"))) {
      call(at);
      assertEquals(Optional.of("unix"), at.channel.transport());
    }
    try (CalcServer at =
        new CalcServer("unix", door, ServerOptions.DEFAULT, ONCE.transports("tcp"))) {
      StatusException error = assertThrows(StatusException.class, () -> call(at));
      assertTrue(error.getMessage(), error.getMessage().contains("unix"));
    }
  }

  @Test(timeout = 60_000)
  public void unknownTransportsAreRefused() {
    for (Runnable make :
        List.<Runnable>of(
            () -> new Channel("tcp://127.0.0.1:1", ONCE.transports("pigeon")),
            () -> new Server(ServerOptions.DEFAULT.transports("pigeon")))) {
      StatusException error = assertThrows(StatusException.class, make::run);
      assertEquals(StatusCode.INVALID_ARGUMENT, error.code());
      assertTrue(error.getMessage(), error.getMessage().contains("pigeon"));
    }
  }

  @Test(timeout = 60_000)
  public void withinAHostTheKernelSaysWhoCalls() throws IOException {
    try (CalcServer at = new CalcServer("unix", door)) {
      call(at);
      assertEquals(Optional.empty(), door.caller.orElseThrow().subject());
      assertTrue(door.caller.orElseThrow().names().contains("UID:" + uid()));
    }
  }

  @Test(timeout = 60_000)
  public void overPlainTcpNobodyVouchesForACaller() {
    try (CalcServer at =
        new CalcServer("tcp", door, ServerOptions.DEFAULT, ONCE.transports("tcp"))) {
      call(at);
      assertEquals(Optional.empty(), door.caller);
    }
  }

  @Test(timeout = 60_000)
  public void overTlsItIsTheCallersCertificate() {
    ServerOptions options = ServerOptions.DEFAULT.tls(certificates("server").requireClientCertificate());
    try (CalcServer at =
        new CalcServer("tls", door, options, ONCE.tls(certificates("client")))) {
      call(at);
      assertEquals(Optional.of("tls"), at.channel.transport());
      assertEquals(Optional.of("CN=interop client"), door.caller.orElseThrow().subject());
      assertTrue(
          door.caller
              .orElseThrow()
              .names()
              .contains("URI:spiffe://polycall.test/interop-client"));
      try (Channel channel =
          new Channel(at.target, ONCE.tls(TlsOptions.DEFAULT.ca(Path.of("/no/such/file.pem"))))) {
        StatusException error =
            assertThrows(
                StatusException.class,
                () -> new calc.v1.CalcClient(channel).add(CalcServer.request(1, 2)));
        assertTrue(error.getMessage(), error.getMessage().contains("/no/such/file.pem"));
      }
    }
  }

  @Test(timeout = 60_000)
  public void onlyThoseOnTheListMayCall() throws IOException {
    try (Server server = new Server().add(door)) {
      server.allow(SERVICE, "UID:" + (uid() + 1));
      String target = server.listen("inproc:java-allow");
      server.start();
      try (Channel channel = new Channel(target, ONCE)) {
        StatusException error =
            assertThrows(
                StatusException.class,
                () -> new calc.v1.CalcClient(channel).add(CalcServer.request(1, 2)));
        assertEquals(StatusCode.PERMISSION_DENIED, error.code());
      }
    }
    try (Server server = new Server().add(door)) {
      server.allow("", "UID:" + (uid() + 1), "UID:" + uid());
      String target = server.listen("inproc:java-allow");
      server.start();
      try (Channel channel = new Channel(target, ONCE)) {
        new calc.v1.CalcClient(channel).add(CalcServer.request(1, 2));
      }
    }
  }

  @Test(timeout = 60_000)
  public void whatIsNoIdentityOrNoServiceIsRefused() {
    try (Server server = new Server().add(door)) {
      StatusException error =
          assertThrows(StatusException.class, () -> server.allow(SERVICE, "everybody"));
      assertEquals(StatusCode.INVALID_ARGUMENT, error.code());
      assertTrue(error.getMessage(), error.getMessage().contains("everybody"));
      assertEquals(
          StatusCode.NOT_FOUND,
          assertThrows(StatusException.class, () -> server.allow("no.such.Service", "UID:0"))
              .code());
    }
  }
}
