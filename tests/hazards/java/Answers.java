package hazards_test;

import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import io.polycall.AsyncRequests;
import io.polycall.AsyncResponses;
import io.polycall.Requests;
import io.polycall.Responses;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What the handlers of HandlerSource do: answer the request if its class allows, else a filled one. */
public final class Answers {
  private Answers() {}

  static Message expected(Message request, Message response) {
    return request != null && request.getClass() == response.getClass()
        ? request
        : Filler.fill(response);
  }

  @SuppressWarnings("unchecked")
  private static <R> R answer(MessageLite request, R response) {
    return (R) expected((Message) request, (Message) response);
  }

  public static <R extends MessageLite> R unary(MessageLite request, R response) {
    return answer(request, response);
  }

  public static <R extends MessageLite> void serverStreaming(
      MessageLite request, R response, Responses<R> responses) {
    responses.send(answer(request, response));
    responses.sendBuffered(answer(request, response));
  }

  public static <R extends MessageLite> R clientStreaming(Requests<?> requests, R response) {
    MessageLite last = null;
    for (MessageLite request : requests) {
      last = request;
    }
    return answer(last, response);
  }

  public static <R extends MessageLite> void bidiStreaming(
      Requests<?> requests, R response, Responses<R> responses) {
    for (MessageLite request : requests) {
      responses.send(answer(request, response));
    }
  }

  public static <R extends MessageLite> CompletionStage<R> asyncUnary(
      MessageLite request, R response) {
    return CompletableFuture.supplyAsync(() -> answer(request, response));
  }

  public static <R extends MessageLite> CompletionStage<Void> asyncServerStreaming(
      MessageLite request, R response, AsyncResponses<R> responses) {
    return responses
        .send(answer(request, response))
        .thenCompose(sent -> responses.send(answer(request, response)));
  }

  public static <Q extends MessageLite, R extends MessageLite>
      CompletionStage<R> asyncClientStreaming(AsyncRequests<Q> requests, R response) {
    return last(requests, null).thenApply(request -> answer(request, response));
  }

  private static <Q extends MessageLite> CompletionStage<Q> last(
      AsyncRequests<Q> requests, Q before) {
    return requests
        .receive()
        .thenCompose(
            request ->
                request == null
                    ? CompletableFuture.completedFuture(before)
                    : last(requests, request));
  }

  public static <Q extends MessageLite, R extends MessageLite>
      CompletionStage<Void> asyncBidiStreaming(
          AsyncRequests<Q> requests, R response, AsyncResponses<R> responses) {
    return requests
        .receive()
        .thenCompose(
            request ->
                request == null
                    ? CompletableFuture.completedFuture(null)
                    : responses
                        .send(answer(request, response))
                        .thenCompose(sent -> asyncBidiStreaming(requests, response, responses)));
  }
}
