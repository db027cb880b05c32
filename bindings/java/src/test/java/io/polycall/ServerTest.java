package io.polycall;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import calc.v1.CalcOuterClass.AddReply;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.Test;

public class ServerTest {
  private final BlockingCalc calc = new BlockingCalc();

  @Test(timeout = 30_000)
  public void wrongTargetsAndServicesAreRefusedWithAReason() {
    StatusException error =
        assertThrows(StatusException.class, () -> new Channel("carrier-pigeon:coop"));
    assertEquals(StatusCode.INVALID_ARGUMENT, error.code());
    assertFalse(error.statusMessage().isEmpty());
    try (Server server = new Server()) {
      server.add(calc);
      assertEquals(
          StatusCode.ALREADY_EXISTS,
          assertThrows(StatusException.class, () -> server.add(calc)).code());
      assertThrows(StatusException.class, () -> server.listen("unix:/no/such/folder/x.sock"));
    }
    assertThrows(
        IllegalArgumentException.class, () -> new StatusException(StatusCode.OK, "is no error"));
  }

  @Test(timeout = 30_000)
  public void nobodyThereIsUnavailable() {
    try (Channel channel =
        new Channel("unix:/tmp/polycall-nobody-there.sock", ChannelOptions.DEFAULT.maxAttempts(1))) {
      StatusException error =
          assertThrows(
              StatusException.class,
              () -> new calc.v1.CalcClient(channel).add(CalcServer.request(1, 2)));
      assertEquals(StatusCode.UNAVAILABLE, error.code());
      assertThrows(StatusException.class, () -> channel.waitReady(Duration.ofMillis(50)));
    }
  }

  @Test(timeout = 60_000)
  public void aCallThatWaitsForReadyIsServedWhenTheServerComes() throws Exception {
    Path folder = Files.createTempDirectory("polycall-test");
    String target = "unix:" + folder.resolve("late.sock");
    CallOptions patient = CallOptions.timeout(Duration.ofSeconds(30)).withWaitForReady();
    try (Channel channel = new Channel(target);
        Server server = new Server().add(calc)) {
      CallFuture<AddReply> reply =
          new calc.v1.CalcAsyncClient(channel).add(CalcServer.request(1, 2), patient);
      assertFalse(reply.isDone());
      server.listen(target);
      server.start();
      assertEquals(3, reply.get(30, TimeUnit.SECONDS).getValue());
    }
    Files.delete(folder);
  }

  @Test(timeout = 30_000)
  public void aChannelTellsHowItIsConnected() {
    ServerOptions named = ServerOptions.DEFAULT.name("the calculator");
    ChannelOptions unix = ChannelOptions.DEFAULT.transports("unix");
    try (CalcServer at = new CalcServer("unix", calc, named, unix)) {
      assertEquals(ChannelState.IDLE, at.channel.state());
      at.channel.waitReady(Duration.ofSeconds(20));
      assertEquals(ChannelState.READY, at.channel.state());
      assertEquals("unix", at.channel.transport().orElseThrow());
      assertFalse(at.channel.ping(Duration.ofSeconds(20)).isNegative());
      String explained = at.channel.explain();
      assertTrue(explained, explained.contains("\"calc.v1.Calc\""));
      assertTrue(explained, explained.contains("\"unix\""));
    }
  }

  @Test(timeout = 30_000)
  public void limitsAreKept() {
    ServerOptions small = ServerOptions.DEFAULT.limits(Limits.DEFAULT.maxMessageSize(1000));
    try (CalcServer at = new CalcServer("unix", calc, small, ChannelOptions.DEFAULT)) {
      StatusException error =
          assertThrows(
              StatusException.class,
              () -> at.client().add(CalcServer.request("x".repeat(2000))));
      assertEquals(StatusCode.RESOURCE_EXHAUSTED, error.code());
      assertEquals(3, at.client().add(CalcServer.request(1, 2)).getValue());
    }
    assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.callWindow(-1));
  }

  @Test(timeout = 30_000)
  public void countersCount() throws Exception {
    try (CalcServer at = new CalcServer("unix", calc)) {
      at.client().add(CalcServer.request(1, 2));
      assertThrows(StatusException.class, () -> at.client().odd(CalcServer.request("status")));
      // A call is counted when it has ended, which is after its answer has left.
      ServerStats stats = at.server.stats();
      while (stats.callsInFlight() > 0) {
        Thread.sleep(1);
        stats = at.server.stats();
      }
      assertEquals(2, stats.callsStarted());
      assertEquals(1, stats.callsFailed());
      assertEquals(1, stats.connectionsAccepted());
    }
  }

  @Test(timeout = 30_000)
  public void aDonatedThreadServes() throws Exception {
    ServerOptions donated = ServerOptions.DEFAULT.donatedOnly();
    try (CalcServer at = new CalcServer("unix", calc, donated, ChannelOptions.DEFAULT)) {
      Thread worker = new Thread(() -> at.server.runWorker(null));
      worker.start();
      assertEquals(3, at.client().add(CalcServer.request(1, 2)).getValue());
      at.server.shutdown(Duration.ofSeconds(1));
      worker.join(20_000);
      assertFalse(worker.isAlive());
    }
  }

  private static final class Recorder implements Interceptor {
    final List<String> events = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void started(InterceptedCall call, Metadata metadata) {
      call.attach(call.method());
      if ("forbidden".equals(metadata.get("x-want"))) {
        throw new StatusException(StatusCode.PERMISSION_DENIED, "not you");
      }
      metadata.add("x-question", "intercepted");
      events.add("started " + call.service() + " " + call.kind());
    }

    @Override
    public void message(InterceptedCall call, byte[] message, boolean sent) {
      events.add((sent ? "sent by " : "given to ") + call.attachment());
    }

    @Override
    public Status finished(InterceptedCall call, Status status) {
      events.add("finished " + status.code());
      return status.code() == StatusCode.NOT_FOUND
          ? new Status(StatusCode.ABORTED, "changed")
          : null;
    }
  }

  @Test(timeout = 30_000)
  public void interceptorsSeeAndChangeCallsOnBothSides() {
    Recorder callers = new Recorder();
    Recorder handlers = new Recorder();
    try (CalcServer at =
        new CalcServer(
            "unix",
            calc,
            ServerOptions.DEFAULT.interceptors(handlers),
            ChannelOptions.DEFAULT.interceptors(callers))) {
      CallInfo info = new CallInfo();
      at.client().odd(CalcServer.request("metadata"), CallOptions.DEFAULT.withInfo(info));
      assertEquals("intercepted", info.initialMetadata().get("x-initial"));
      assertEquals(
          List.of("started calc.v1.Calc UNARY", "sent by Odd", "given to Odd", "finished OK"),
          callers.events);
      assertEquals(
          List.of("started calc.v1.Calc UNARY", "given to Odd", "sent by Odd", "finished OK"),
          handlers.events);
      assertEquals(
          StatusCode.ABORTED,
          assertThrows(StatusException.class, () -> at.client().odd(CalcServer.request("status")))
              .code());
      assertEquals(
          StatusCode.PERMISSION_DENIED,
          assertThrows(
                  StatusException.class,
                  () ->
                      at.client()
                          .add(
                              CalcServer.request(1, 2),
                              CallOptions.metadata(Metadata.of("x-want", "forbidden"))))
              .code());
    }
  }

  @Test(timeout = 30_000)
  public void logLinesReachTheProgram() {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Log.set(Log.Level.DEBUG, (level, text) -> lines.add(level + " " + text));
    try (CalcServer at = new CalcServer("unix", calc)) {
      assertEquals(3, at.client().add(CalcServer.request(1, 2)).getValue());
    } finally {
      Log.set(Log.Level.WARNING);
    }
    assertFalse(lines.isEmpty());
    assertNotNull(PolyCall.version());
  }

  @Test(timeout = 30_000)
  public void healthSaysWhatTheServerSays() {
    try (CalcServer at = new CalcServer("unix", calc)) {
      AddReply serving = health(at, "calc.v1.Calc");
      assertEquals(1, serving.getValue());
      at.server.setServing("calc.v1.Calc", false);
      assertEquals(2, health(at, "calc.v1.Calc").getValue());
    }
  }

  /** HealthCheckRequest is {string service = 1}, its response {enum status = 1}: as AddReply's value. */
  private static AddReply health(CalcServer at, String service) {
    AddReply asRequest =
        AddReply.newBuilder()
            .setUnknownFields(
                com.google.protobuf.UnknownFieldSet.newBuilder()
                    .addField(
                        1,
                        com.google.protobuf.UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(
                                com.google.protobuf.ByteString.copyFromUtf8(service))
                            .build())
                    .build())
            .build();
    MethodDescriptor<AddReply, AddReply> check =
        MethodDescriptor.of(
            "Check",
            MethodKind.UNARY,
            AddReply.getDefaultInstance(),
            AddReply.getDefaultInstance());
    return at.channel
        .method("grpc.health.v1.Health", check)
        .call(asRequest, CallOptions.timeout(Duration.ofSeconds(20)));
  }
}
