package interop;

import static interop.Context.expect;
import static interop.Context.expectCode;

import dev.polycall.testing.PolycallTest.Counters;
import dev.polycall.testing.PolycallTest.HopRequest;
import dev.polycall.testing.PolycallTest.TimeLeft;
import dev.polycall.testing.PolycallTest.WaitReply;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingInputCallResponse;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.polycall.BidiStream;
import io.polycall.CallFuture;
import io.polycall.CallOptions;
import io.polycall.ClientStream;
import io.polycall.StatusCode;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/** Calls that end early, here and at the servers that they travel on to. */
final class CancelCases {
  static final Map<String, Client.Case> CASES =
      Map.of(
          "cancel_after_begin", CancelCases::cancelAfterBegin,
          "cancel_after_first_response", CancelCases::cancelAfterFirstResponse,
          "timeout_on_sleeping_server", CancelCases::timeoutOnSleepingServer,
          "deadline_propagation", CancelCases::deadlinePropagation,
          "cancel_propagation", CancelCases::cancelPropagation);

  private CancelCases() {}

  private static void cancelAfterBegin(Context context) {
    try (ClientStream<StreamingInputCallRequest, StreamingInputCallResponse> stream =
        context.test.streamingInputCall()) {
      stream.cancel();
      expectCode(StatusCode.CANCELLED, stream::finish);
    }
    context.callEmpty();
  }

  private static void cancelAfterFirstResponse(Context context) {
    try (BidiStream<StreamingOutputCallRequest, StreamingOutputCallResponse> stream =
        context.test.fullDuplexCall()) {
      stream.send(StreamCases.request(27182, 31415));
      expect(stream.receive() != null, "a response");
      stream.cancel();
      expectCode(StatusCode.CANCELLED, () -> stream.forEach(response -> {}));
    }
    context.callEmpty();
  }

  private static void timeoutOnSleepingServer(Context context) {
    CallOptions soon = CallOptions.timeout(Duration.ofMillis(1));
    expectCode(
        StatusCode.DEADLINE_EXCEEDED,
        () -> {
          try (BidiStream<StreamingOutputCallRequest, StreamingOutputCallResponse> stream =
              context.test.fullDuplexCall(soon)) {
            stream.send(
                StreamingOutputCallRequest.newBuilder()
                    .setPayload(TestHandlers.newPayload(27182))
                    .build());
            stream.forEach(response -> {});
          }
        });
    context.callEmpty();
  }

  private static HopRequest oneHop(Context context, String key) {
    return HopRequest.newBuilder().setKey(key).setHops(1).setTarget(context.target).build();
  }

  private static void deadlinePropagation(Context context) {
    HopRequest request = oneHop(context, context.newKey("time_left"));
    TimeLeft left =
        context.own.getTimeLeft(request, CallOptions.timeout(Duration.ofSeconds(30)));
    expect(left.getHasDeadline(), "a deadline at the second server");
    expect(left.getTimeLeftUs() > 0, "time left at the second server");
    // gRPC rounds up what is left of the 30 s.
    expect(left.getTimeLeftUs() <= 31_000_000, "no more time left than the call began with");
    left = context.own.getTimeLeft(request);
    expect(!left.getHasDeadline(), "no deadline at the second server");

    String key = context.newKey("deadline_propagation");
    expectCode(
        StatusCode.DEADLINE_EXCEEDED,
        () ->
            context.own.waitForCancel(
                oneHop(context, key), CallOptions.timeout(Duration.ofMillis(300))));
    context.waitForCounter(key, "cancelled", Counters::getCancelled, 1);
  }

  private static void cancelPropagation(Context context) throws Exception {
    String key = context.newKey("cancel_propagation");
    CallFuture<WaitReply> future = context.ownAsync.waitForCancel(oneHop(context, key));
    context.waitForCounter(key, "started", Counters::getStarted, 1);
    future.cancel(true);
    try {
      future.get(30, TimeUnit.SECONDS);
      throw new CaseFailed("expected CANCELLED, found OK");
    } catch (CancellationException expected) {
      // that is how a cancelled future ends
    }
    context.waitForCounter(key, "cancelled", Counters::getCancelled, 1);
  }
}
