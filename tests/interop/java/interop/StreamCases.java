package interop;

import static interop.Context.expect;
import static interop.Context.expectEqual;

import io.grpc.testing.integration.Messages.ResponseParameters;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingInputCallResponse;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.polycall.BidiStream;
import io.polycall.ClientStream;
import io.polycall.ServerStream;
import java.util.List;
import java.util.Map;

/** The three streaming kinds. */
final class StreamCases {
  static final Map<String, Client.Case> CASES =
      Map.of(
          "client_streaming", StreamCases::clientStreaming,
          "server_streaming", StreamCases::serverStreaming,
          "ping_pong", StreamCases::pingPong,
          "empty_stream", StreamCases::emptyStream);

  private static final int[] REQUEST_SIZES = {27182, 8, 1828, 45904};
  private static final int[] RESPONSE_SIZES = {31415, 9, 2653, 58979};

  private StreamCases() {}

  static StreamingOutputCallRequest request(int requestSize, int responseSize) {
    return StreamingOutputCallRequest.newBuilder()
        .addResponseParameters(ResponseParameters.newBuilder().setSize(responseSize))
        .setPayload(TestHandlers.newPayload(requestSize))
        .build();
  }

  private static void clientStreaming(Context context) {
    try (ClientStream<StreamingInputCallRequest, StreamingInputCallResponse> stream =
        context.test.streamingInputCall()) {
      for (int size : REQUEST_SIZES) {
        stream.send(
            StreamingInputCallRequest.newBuilder()
                .setPayload(TestHandlers.newPayload(size))
                .build());
      }
      expectEqual(
          74922, stream.finish().getAggregatedPayloadSize(), "aggregated_payload_size");
    }
  }

  private static void serverStreaming(Context context) {
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    for (int size : RESPONSE_SIZES) {
      request.addResponseParameters(ResponseParameters.newBuilder().setSize(size));
    }
    try (ServerStream<StreamingOutputCallResponse> stream =
        context.test.streamingOutputCall(request.build())) {
      List<Integer> sizes =
          stream.stream().map(response -> response.getPayload().getBody().size()).toList();
      expectEqual(List.of(31415, 9, 2653, 58979), sizes, "the bodies");
    }
  }

  private static void pingPong(Context context) {
    try (BidiStream<StreamingOutputCallRequest, StreamingOutputCallResponse> stream =
        context.test.fullDuplexCall()) {
      for (int i = 0; i < REQUEST_SIZES.length; ++i) {
        stream.send(request(REQUEST_SIZES[i], RESPONSE_SIZES[i]));
        StreamingOutputCallResponse response = stream.receive();
        expect(response != null, "a response");
        expectEqual(RESPONSE_SIZES[i], response.getPayload().getBody().size(), "the body");
      }
      stream.halfClose();
      expect(stream.receive() == null, "no response after half-close");
    }
  }

  private static void emptyStream(Context context) {
    try (BidiStream<StreamingOutputCallRequest, StreamingOutputCallResponse> stream =
        context.test.fullDuplexCall()) {
      stream.halfClose();
      expect(stream.receive() == null, "no response");
    }
  }
}
